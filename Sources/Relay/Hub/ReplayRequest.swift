import RelayProtocol
import RelayStorage

/// A REPLAY that was found to be allowed: what is asked for, and by whom.
package struct ReplayRequest: Sendable {
    let session: SessionIndex
    let generation: UInt32
    /// As the client wrote it; the answer's end carries it.
    let text: [UInt8]
    let pattern: Pattern
    /// Behind which position of which epoch it begins; nil for the oldest that is kept.
    let start: Start?
    let from: UInt64?
    let to: UInt64?
    let limit: UInt32?
    let types: SignalSet
    let wantsAcknowledgement: Bool
    /// Per address the last revision that was told, so that the present one can be told behind it.
    var told: [[UInt8]: UInt64] = [:]

    struct Start: Equatable, Sendable {
        let epoch: UInt64
        let position: UInt64
    }

    var query: HistoryQuery {
        let pattern = pattern
        var query = HistoryQuery(after: start?.position ?? 0, epoch: start?.epoch) { pattern.matches(unsafe $0.bytes) }
        query.from = from.map { Int64(clamping: $0) } ?? .min
        query.to = to.map { Int64(clamping: $0) } ?? .max
        query.limit = limit.map { Int($0) } ?? .max
        query.types = HistoryTypes(
            params: types.admits(.param), signals: types.isEmpty ? .max : UInt64(types.rawValue))
        return query
    }
}

extension ReplayRequest.Start {
    /// Takes `/clasp/relay/after/{epoch}/{position}` off the front of a pattern.
    static func split(_ text: RawSpan) -> (start: ReplayRequest.Start, pattern: ByteRange)? {
        let count = Reserved.after.utf8CodeUnitCount
        guard text.byteCount > count, text.extracting(0..<count).isEqual(to: Reserved.after) else { return nil }
        var offset = count
        guard let epoch = number(text, &offset, radix: 16), let position = number(text, &offset, radix: 10) else {
            return nil
        }
        offset -= 1
        guard offset < text.byteCount else { return nil }
        return (
            ReplayRequest.Start(epoch: epoch, position: position),
            ByteRange(offset, count: text.byteCount - offset)
        )
    }

    /// Digits up to the next `/`, which is passed.
    private static func number(_ text: RawSpan, _ offset: inout Int, radix: Int) -> UInt64? {
        let start = offset
        while offset < text.byteCount, text.byte(at: offset) != Address.separator { offset += 1 }
        defer { offset += 1 }
        return UInt64(text.extracting(start..<offset).text, radix: radix)
    }
}
