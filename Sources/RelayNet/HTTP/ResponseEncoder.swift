/// Writes the head of a response and decides how its content is delimited (RFC 9112 §4, §6).
struct ResponseEncoder {
    enum Delimiter: Equatable {
        /// Nothing follows the head.
        case nothing
        case length(Int)
        case chunks
        /// The end of the connection, for HTTP/1.0 only.
        case close
    }

    /// The current second's `Date` line, made once a second.
    private var dateSecond: Int64 = .min
    private var date = ""

    /// Appends the head of `response`, as an answer to a request of that version, to `output`.
    mutating func writeHead(
        _ response: HTTPResponse, to version: HTTPVersion, keepsAlive: Bool, at unixSeconds: Int64,
        into output: inout [UInt8]
    ) -> Delimiter {
        let delimiter = Self.delimiter(of: response, version)
        output.append(contentsOf: "HTTP/1.1 \(response.status.code) \(response.status.reason)\r\n".utf8)
        if dateSecond != unixSeconds {
            dateSecond = unixSeconds
            date = "Date: \(HTTPDate.format(unixSeconds))\r\n"
        }
        output.append(contentsOf: date.utf8)
        for (name, value) in response.fields { Self.write(name, value, into: &output) }
        switch delimiter {
        case .nothing, .close: break
        case .length(let length): output.append(contentsOf: "Content-Length: \(length)\r\n".utf8)
        case .chunks: output.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        }
        if !keepsAlive || delimiter == .close {
            output.append(contentsOf: "Connection: close\r\n".utf8)
        } else if version == .http10 {
            output.append(contentsOf: "Connection: keep-alive\r\n".utf8)
        }
        output.append(Octet.carriageReturn)
        output.append(Octet.lineFeed)
        return delimiter
    }

    private static func delimiter(of response: HTTPResponse, _ version: HTTPVersion) -> Delimiter {
        guard !response.status.forbidsContent else { return .nothing }
        switch response.content {
        case .none: return .length(0)
        case .octets(let octets): return .length(octets.count)
        case .stream(_, let length?): return .length(length)
        case .stream(_, nil): return version == .http11 ? .chunks : .close
        }
    }

    /// A value may come from a peer: what would end the line or mean nothing in one becomes a space, and the fields that
    /// decide where the response ends are nobody's but ours.
    private static func write(_ name: String, _ value: String, into output: inout [UInt8]) {
        let reserved = ["content-length", "transfer-encoding", "connection", "date"]
        guard !name.isEmpty, name.utf8.allSatisfy(Octet.isToken),
            !reserved.contains(where: { Octet.equalIgnoringCase(name.utf8, $0) })
        else { return }
        output.append(contentsOf: name.utf8)
        output.append(UInt8(ascii: ":"))
        output.append(Octet.space)
        for octet in value.utf8 { output.append(Octet.isFieldContent(octet) ? octet : Octet.space) }
        output.append(Octet.carriageReturn)
        output.append(Octet.lineFeed)
    }

    static func writeChunk(_ piece: [UInt8], into output: inout [UInt8]) {
        output.append(contentsOf: String(piece.count, radix: 16).utf8)
        output.append(contentsOf: [Octet.carriageReturn, Octet.lineFeed])
        output.append(contentsOf: piece)
        output.append(contentsOf: [Octet.carriageReturn, Octet.lineFeed])
    }

    static let lastChunk = Array("0\r\n\r\n".utf8)
}
