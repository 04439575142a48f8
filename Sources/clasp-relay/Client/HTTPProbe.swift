/// Asks a server one question, as probes and balancers do.
struct HTTPProbe: Sendable, Equatable {
    let status: Int
    let location: String?
    let content: [UInt8]

    private static let maxBytes = 4 << 20

    var text: String { String(decoding: content, as: UTF8.self) }

    static func get(
        _ url: ClientURL, token: String? = nil, within time: Duration = .seconds(5)
    ) throws(ClientError) -> HTTPProbe {
        try ask("GET", url, token.map { ["Authorization: Bearer \($0)"] } ?? [], [], within: time)
    }

    /// Hands over a JSON text.
    static func post(
        _ url: ClientURL, _ json: [UInt8], within time: Duration = .seconds(5)
    ) throws(ClientError) -> HTTPProbe {
        try ask("POST", url, ["Content-Type: application/json", "Content-Length: \(json.count)"], json, within: time)
    }

    private static func ask(
        _ method: String, _ url: ClientURL, _ fields: [String], _ body: [UInt8], within time: Duration
    ) throws(ClientError) -> HTTPProbe {
        guard !url.isEncrypted else { throw ClientError("\(url.scheme):// is not spoken here, only http://") }
        let deadline = Deadline.after(time)
        let socket = try ClientSocket(to: url.host, url.port, within: time)
        let request = ["\(method) \(url.path) HTTP/1.1", "Host: \(url.authority)", "Connection: close"]
        let head = request + fields + ["", ""]
        try socket.send(Array(head.joined(separator: "\r\n").utf8) + body, until: deadline)
        var bytes: [UInt8] = []
        while bytes.count < maxBytes {
            let part = try socket.receive(until: deadline)
            if part.isEmpty { break }
            bytes += part
        }
        return try HTTPProbe(parsing: bytes)
    }

    init(parsing bytes: [UInt8]) throws(ClientError) {
        guard let head = ResponseHead(bytes) else { throw ClientError("the answer is not HTTP") }
        status = head.status
        location = head.fields["location"]
        content = Array(bytes[head.end...])
    }
}

/// The head of a response, as far as clients here look at it.
struct ResponseHead {
    let status: Int
    /// By lower-case name; of several the last.
    let fields: [String: String]
    /// Where the content begins.
    let end: Int

    /// Nil while it is incomplete, and when it is none.
    init?(_ bytes: [UInt8]) {
        let blank = Array("\r\n\r\n".utf8)
        guard bytes.count >= blank.count,
            let start = (0...(bytes.count - blank.count)).first(where: { bytes[$0..<($0 + 4)].elementsEqual(blank) })
        else { return nil }
        end = start + blank.count
        let lines = String(decoding: bytes[..<start], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1."),
            let code = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        status = code
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields[line[..<colon].lowercased()] = String(value)
        }
        self.fields = fields
    }
}
