import Testing

@testable import RelayNet

/// Where the network cuts a client's bytes must not matter.
@Suite struct SplitTests {
    /// What the parser makes of the bytes when they arrive in the given pieces.
    private func transcript(_ pieces: [ArraySlice<UInt8>], _ rules: FrameRules = FrameRules(maxMessageBytes: 65_547))
        -> [String]
    {
        var found: [String] = []
        var parser = FrameParser()
        var unread: [UInt8] = []
        let room = UnsafeMutablePointer<MessageRange>.allocate(capacity: 8)
        defer { unsafe room.deallocate() }
        for piece in pieces {
            unread += piece
            var cursor = 0
            reading: while cursor < unread.count {
                var elements = unread.mutableSpan
                var bytes = unsafe elements.mutableBytes
                if parser.isAtRest {
                    var badText = false
                    let made = unsafe bytes.scanMessages(
                        from: &cursor, upTo: rules.maxMessageBytes, into: room, room: 8, badText: &badText)
                    for index in 0..<made {
                        let range = unsafe room[index]
                        found.append("\(range.kind) \(digest(bytes.bytes.part(Int(range.offset), Int(range.length))))")
                    }
                    if badText { return found + ["1007"] }
                    if made > 0 { continue }
                }
                switch parser.next(in: &bytes, at: &cursor, under: rules) {
                case .starved: break reading
                case .message(let kind, let offset, let length):
                    found.append("\(kind) \(digest(bytes.bytes.part(offset, length)))")
                case .assembled:
                    found.append("\(parser.assembler.kind) \(digest(parser.assembler.bytes.bytes))")
                    _ = parser.takeMessage()
                case .ping(let offset, let length): found.append("ping \(digest(bytes.bytes.part(offset, length)))")
                case .pong: found.append("pong")
                case .close(let offset, let length):
                    let code = CloseFrame.code(of: bytes.bytes.part(offset, length))
                    return found + ["\(code)"]
                case .violation(let violation): return found + ["\(violation.code.rawValue)"]
                }
            }
            unread.removeFirst(cursor)
        }
        return found
    }

    private func digest(_ bytes: RawSpan) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<bytes.byteCount {
            hash = (hash ^ UInt64(bytes.load(UInt8.self, at: index))) &* 0x100_0000_01B3
        }
        return "\(bytes.byteCount):\(hash)"
    }

    static let short = [
        ConformanceTables.framing, ConformanceTables.reserved, ConformanceTables.control, ConformanceTables.fragments,
        ConformanceTables.closes, TextTables.cases,
    ].flatMap { $0 }.filter { $0.sends.count <= 600 }

    @Test(arguments: short)
    func `cut in two anywhere, and byte by byte`(_ dialogue: ConformanceCase) {
        let bytes = dialogue.sends
        let whole = transcript([bytes[...]])
        for cut in stride(from: 1, to: bytes.count, by: bytes.count > 200 ? 7 : 1) {
            #expect(transcript([bytes[..<cut], bytes[cut...]]) == whole, "cut at \(cut)")
        }
        #expect(transcript(bytes.indices.map { bytes[$0...$0] }) == whole)
    }
}
