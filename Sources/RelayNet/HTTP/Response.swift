/// Produces the content of a response piece by piece, on the server's thread, as the peer takes it.
package protocol HTTPBodySource: Sendable {
    /// The next at most `maxBytes` bytes, none at the end, nil when the rest cannot be had: then the connection is cut,
    /// because the peer could not tell a short answer from a whole one.
    mutating func next(upTo maxBytes: Int) -> [UInt8]?
}

package enum HTTPContent: Sendable {
    case none
    case octets([UInt8])
    /// Streamed; without a length it is sent in chunks, or up to the end of the connection to HTTP/1.0.
    case stream(any HTTPBodySource, length: Int?)
}

/// An answer: status, fields, content. The server adds `Date`, `Connection` and what delimits the content.
package struct HTTPResponse: Sendable {
    package var status: HTTPStatus
    package var content: HTTPContent
    /// Ends the connection after this answer.
    package var closes = false
    package private(set) var fields: [(name: String, value: String)] = []

    package init(_ status: HTTPStatus, content: HTTPContent = .none) {
        self.status = status
        self.content = content
    }

    package init(_ status: HTTPStatus = .ok, type: String, _ octets: [UInt8]) {
        self.init(status, content: .octets(octets))
        set("Content-Type", type)
    }

    package static func json(_ octets: [UInt8], _ status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(status, type: "application/json", octets)
    }

    package static func text(_ text: String, _ status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(status, type: "text/plain; charset=utf-8", Array(text.utf8))
    }

    /// Replaces a field.
    package mutating func set(_ name: String, _ value: String) {
        fields.removeAll { Octet.equalIgnoringCase($0.name.utf8, name) }
        fields.append((name, value))
    }

    /// Adds a field beside others of its name.
    package mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }

    /// Adds an element to `Vary`, once.
    package mutating func vary(on name: String) {
        guard let known = value("Vary") else { return set("Vary", name) }
        let isKnown = known.split(separator: ",").contains {
            Octet.equalIgnoringCase(Octet.trimmed(Array($0.utf8)[...]), name)
        }
        if !isKnown { set("Vary", known + ", " + name) }
    }

    package func value(_ name: String) -> String? {
        fields.first { Octet.equalIgnoringCase($0.name.utf8, name) }?.value
    }

    package func with(_ name: String, _ value: String) -> HTTPResponse {
        var copy = self
        copy.set(name, value)
        return copy
    }
}

/// Content that exists already, handed out in pieces so that a slow peer does not fill the queue with all of it.
struct OctetContent: HTTPBodySource {
    let octets: [UInt8]
    var position = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    mutating func next(upTo maxBytes: Int) -> [UInt8]? {
        let end = min(octets.count, position + maxBytes)
        defer { position = end }
        return Array(octets[position..<end])
    }
}
