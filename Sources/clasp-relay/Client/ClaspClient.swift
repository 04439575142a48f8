import RelayJSON
import RelayProtocol

/// A client of CLASP, as far as commands need one. Messages are in the JSON notation of frames.
struct ClaspClient {
    private var socket: WebSocketClient
    /// What the relay calls this connection.
    private(set) var session = ""

    static let name = "clasp-relay command line"

    /// Connects, says HELLO, and waits for WELCOME.
    init(_ url: ClientURL, token: String?, within time: Duration) throws(Fault) {
        guard url.scheme == "ws" else {
            throw Fault(
                .invalidValue, "--url: only ws:// is spoken here; on the relay's own machine nothing else is needed")
        }
        let deadline = Deadline.after(time)
        do throws(ClientError) {
            socket = try WebSocketClient(url, until: deadline, within: time)
        } catch {
            throw Fault(.relayUnreachable, error.description)
        }
        var hello: [JSONMember] = [
            JSONMember("type", "HELLO"), JSONMember("version", 1),
            JSONMember("features", ["param", "event", "stream", "gesture", "timeline"]),
            JSONMember("name", .string(Self.name)),
        ]
        if let token { hello.append(JSONMember("token", .string(token))) }
        try send(.object(hello), until: deadline)
        while let message = try receive(until: deadline) {
            if message["type"] == "WELCOME" {
                session = message["session"]?.string ?? ""
                return
            }
            if message["type"] == "ERROR" { throw Self.refusal(message) }
        }
        throw Fault(.relayRefused, "the relay closed the connection: \(socket.farewell ?? "")")
    }

    func send(_ message: JSONValue, _ quality: QualityOfService = .fire, until deadline: Deadline) throws(Fault) {
        let frame: [UInt8]
        do {
            let reader = try NotationReader(message)
            frame = try FrameBytes.of(try reader.message(), in: reader.payload, quality)
        } catch let error as NotationError {
            throw Fault(.invalidValue, "\(message["type"]?.string ?? "message"): \(error.sentence)")
        } catch {
            let sentence = (error as? WireError)?.sentence ?? "cannot be sent"
            throw Fault(.invalidValue, "\(message["type"]?.string ?? "message"): \(sentence)")
        }
        do throws(ClientError) {
            try socket.send(frame, until: deadline)
        } catch {
            throw Fault(.relayUnreachable, error.description)
        }
    }

    /// The next message; nil once the relay has closed. A PING is answered here.
    mutating func receive(until deadline: Deadline) throws(Fault) -> JSONValue? {
        while true {
            let bytes: [UInt8]?
            do throws(ClientError) {
                bytes = try socket.receive(until: deadline)
            } catch {
                throw Fault(.relayUnreachable, error.description)
            }
            guard let bytes else { return nil }
            // As every client does, what does not decode is ignored.
            guard let message = Self.decode(bytes) else { continue }
            guard message["type"] == "PING" else { return message }
            try send(["type": "PONG"], until: deadline)
        }
    }

    /// The next message; nil when none has come until then. The end of the connection is a fault.
    mutating func news(until deadline: Deadline) throws(Fault) -> JSONValue? {
        do throws(Fault) {
            guard let message = try receive(until: deadline) else { throw closed }
            return message
        } catch  where error.isLate {
            return nil
        }
    }

    /// The next message of those types. An ERROR and the end of the connection are faults.
    mutating func expect(_ types: Set<String>, until deadline: Deadline) throws(Fault) -> JSONValue {
        while let message = try receive(until: deadline) {
            guard let type = message["type"]?.string else { continue }
            if types.contains(type) { return message }
            if type == "ERROR" { throw Self.refusal(message) }
        }
        throw closed
    }

    var closed: Fault { Fault(.relayUnreachable, "the relay closed the connection: \(socket.farewell ?? "")") }

    func close() { socket.close() }

    static func refusal(_ message: JSONValue) -> Fault {
        let code = message["code"]?.int ?? 0
        let place = message["address"]?.string.map { " (\($0))" } ?? ""
        return Fault(.relayRefused, "the relay refused: \(code) \(message["message"]?.string ?? "")\(place)")
    }

    private static func decode(_ bytes: [UInt8]) -> JSONValue? {
        do throws(WireError) {
            let frame = try ClaspFrame(reading: bytes.rawSpan)
            let payload = bytes.rawSpan.bytes(frame.payload).array
            guard !MessageDecoder.isLegacy(payload.rawSpan) else { return nil }
            let message = try MessageDecoder.decode(payload.rawSpan)
            return try MessageNotation.json(of: message, in: payload.rawSpan)
        } catch {
            return nil
        }
    }
}
