/// Why a WebSocket ends (RFC 6455 §7.4).
package struct CloseCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let normal = CloseCode(rawValue: 1000)
    package static let goingAway = CloseCode(rawValue: 1001)
    package static let protocolError = CloseCode(rawValue: 1002)
    package static let unsupportedData = CloseCode(rawValue: 1003)
    package static let invalidPayload = CloseCode(rawValue: 1007)
    package static let policyViolation = CloseCode(rawValue: 1008)
    package static let messageTooBig = CloseCode(rawValue: 1009)
    package static let internalError = CloseCode(rawValue: 1011)
    package static let serviceRestart = CloseCode(rawValue: 1012)
    package static let tryAgainLater = CloseCode(rawValue: 1013)
    /// Never sent: the peer closed without a code (§7.1.5).
    package static let none = CloseCode(rawValue: 1005)
    /// Never sent: the connection broke (§7.1.5).
    package static let abnormal = CloseCode(rawValue: 1006)

    /// Whether the code may stand in a Close frame: registered ones, except those that only describe the absence of
    /// a frame, and the two ranges for libraries and applications (§7.4.2).
    package var mayBeSent: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// What is wrong with a peer's bytes: the code to close with and the reason to give.
package struct Violation: Error, Sendable {
    package let code: CloseCode
    package let reason: StaticString
    /// Whether it was small when it came, and grew too much when it was unpacked.
    let isInflated: Bool

    init(_ code: CloseCode, _ reason: StaticString, isInflated: Bool = false) {
        self.code = code
        self.reason = reason
        self.isInflated = isInflated
    }
}

/// The payload of a Close frame (RFC 6455 §5.5.1).
enum CloseFrame {
    /// The peer's code, nil when it gave none.
    static func code(of payload: RawSpan) -> Result<CloseCode?, Violation> {
        if payload.byteCount == 0 { return .success(nil) }
        guard payload.byteCount >= 2 else { return .failure(Violation(.protocolError, "close code cut off")) }
        let code = CloseCode(rawValue: UInt16(bigEndian: payload.load(UInt16.self, at: 0)))
        guard code.mayBeSent else { return .failure(Violation(.protocolError, "close code not allowed")) }
        var text = UTF8Stream()
        guard text.accepts(payload.part(2, payload.byteCount - 2)), text.isComplete else {
            return .failure(Violation(.invalidPayload, "close reason is not UTF-8"))
        }
        return .success(code)
    }

    /// A payload to send: the code and as much of the reason as fits 125 bytes without cutting a character.
    static func payload(_ code: CloseCode, _ reason: String) -> [UInt8] {
        var payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xff)]
        for scalar in reason.unicodeScalars {
            let encoded = UTF8.encode(scalar)
            guard let encoded, payload.count + encoded.count <= 125 else { break }
            payload.append(contentsOf: encoded)
        }
        return payload
    }
}
