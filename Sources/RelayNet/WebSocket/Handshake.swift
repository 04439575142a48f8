import COpenSSL

/// The upgrade request of a connection that has not become a WebSocket yet.
final class Greeting {
    var parser: RequestParser
    let maxBytes: Int

    init(maxBytes: Int) {
        self.maxBytes = maxBytes
        parser = RequestParser()
    }
}

/// What the upper module learns about a WebSocket when it opens.
package struct Upgrade: Sendable {
    package let head: RequestHead
    package let client: ClientAddress
    /// The subprotocol that was agreed on.
    package let subprotocol: String?
    package let isCompressed: Bool
}

/// Decides an opening handshake (RFC 6455 §4.2).
package enum Handshake {
    struct Terms {
        var subprotocol: String?
        var compression: DeflateOptions?
        var origins: OriginPolicy
    }

    enum Decision {
        case accept(response: [UInt8], subprotocol: String?, compression: DeflateAgreement?)
        case probe(response: [UInt8])
        case refuse(HTTPStatus, response: [UInt8])
    }

    /// Whether the request is one for a WebSocket, be it a valid one or not.
    static func isAsked(by head: RequestHead) -> Bool {
        head.method == .get && head.lists("websocket", in: "upgrade")
    }

    static func decide(_ head: RequestHead, under terms: Terms) -> Decision {
        guard isAsked(by: head) else { return answerPlain(head) }
        guard head.version == .http11, head.framing == .none, head.lists("upgrade", in: "connection") else {
            return refuse(.badRequest)
        }
        guard head.count(of: "sec-websocket-version") == 1, head.value("sec-websocket-version") == "13" else {
            return refuse(.upgradeRequired, extra: "Sec-WebSocket-Version: 13\r\n")
        }
        guard head.count(of: "sec-websocket-key") == 1, let key = head.octets(of: "sec-websocket-key"), isKey(key)
        else { return refuse(.badRequest) }
        guard terms.origins.allows(head) else { return refuse(.forbidden) }

        var answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        answer += "Sec-WebSocket-Accept: \(acceptance(of: key))\r\n"
        var subprotocol: String?
        if let ours = terms.subprotocol, head.elements(of: "sec-websocket-protocol").contains(ours) {
            subprotocol = ours
            answer += "Sec-WebSocket-Protocol: \(ours)\r\n"
        }
        var agreement: DeflateAgreement?
        if let options = terms.compression {
            agreement = DeflateAgreement(offers: head.elements(of: "sec-websocket-extensions"), options: options)
            if let agreement { answer += "Sec-WebSocket-Extensions: \(agreement.header)\r\n" }
        }
        return .accept(response: Array((answer + "\r\n").utf8), subprotocol: subprotocol, compression: agreement)
    }

    /// Sixteen bytes in base64 (§4.1): 22 digits, of which the last carries two bits, and two equals signs.
    private static func isKey(_ key: ArraySlice<UInt8>) -> Bool {
        guard key.count == 24, key.suffix(2).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return false }
        return key.dropLast(2).allSatisfy { digit in
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    /// OpenSSL looks for its algorithms when it is first asked for one. The first client shall not wait for that.
    static func prepare() { _ = acceptance(of: []) }

    /// SHA-1 of the key and a fixed text, in base64 (§4.2.2).
    package static func acceptance(of key: ArraySlice<UInt8>) -> String {
        let input = Array(key) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        unsafe input.withUnsafeBufferPointer { bytes in
            unsafe digest.withUnsafeMutableBufferPointer { room in
                _ = unsafe SHA1(bytes.baseAddress, bytes.count, room.baseAddress)
            }
        }
        return base64(digest)
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let group = (0..<3).reduce(0) { sum, step in
                sum << 8 | (position + step < bytes.count ? Int(bytes[position + step]) : 0)
            }
            for step in 0..<4 {
                let isPadding = position + step > bytes.count
                text.append(isPadding ? UInt8(ascii: "=") : digits[(group >> (18 - step * 6)) & 63])
            }
            position += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Other answers

    /// Load balancers probe the port with plain requests; they get a healthy answer.
    private static func answerPlain(_ head: RequestHead) -> Decision {
        switch head.method {
        case .get, .head, .post, .options:
            let start =
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
            return .probe(response: Array((start + (head.method == .head ? "" : "ok\n")).utf8))
        default:
            return refuse(.methodNotAllowed, extra: "Allow: GET, HEAD, OPTIONS, POST\r\n")
        }
    }

    static func refuse(_ status: HTTPStatus, extra: String = "") -> Decision {
        let body = "\(status.reason)\n"
        let text =
            "HTTP/1.1 \(status.code) \(status.reason)\r\n\(extra)Content-Type: text/plain\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        return .refuse(status, response: Array(text.utf8))
    }
}
