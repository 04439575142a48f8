import Glibc
import RelayJSON
import RelayProtocol

/// `pub`, `sub`, `get` and `set`: a client of CLASP for the command line.
enum ClientCommands {
    static let pub = Command(
        "pub", ["[OPTION]… ADDRESS [VALUE]"], "publish an event",
        flags: [
            Flag(
                name: "signal", placeholder: "event|stream", help: "what to publish [event]",
                form: .choice(["event", "stream"]))
        ] + common
    ) { call in run(call, 1...2, publish) }

    static let sub = Command(
        "sub", ["[OPTION]… PATTERN…"], "print values and events as they come",
        flags: [
            Flag(name: "count", short: "n", placeholder: "N", help: "end after so many lines"),
            Flag(name: "json", help: "a JSON object a line, with type, revision and writer"),
        ] + common
    ) { call in run(call, 1...100, subscribe) }

    static let get = Command("get", ["[OPTION]… ADDRESS"], "print the value of a param", flags: common) { call in
        run(call, 1...1, readParam)
    }

    static let set = Command(
        "set", ["[OPTION]… ADDRESS VALUE"], "give a param a value: JSON, or else a text",
        flags: [
            Flag(name: "ttl", placeholder: "TIME", help: "forget the value when it was not set again for so long"),
            Flag(name: "revision", placeholder: "N", help: "only if this is the present revision"),
            Flag(name: "lock", help: "keep others from writing until the connection ends, or --unlock"),
            Flag(name: "unlock", help: "let others write again"),
            Flag(name: "no-ack", help: "do not wait until the relay has kept it"),
        ] + common
    ) { call in run(call, 2...2, writeParam) }

    static let common = [
        Flag(name: "url", placeholder: "URL", help: "where the relay listens; or RELAY_URL [ws://127.0.0.1:7330]"),
        Flag(
            name: "token-file", placeholder: "FILE",
            help: "the token to show, for a relay that asks for one; or RELAY_TOKEN", form: .file),
        Flag(name: "timeout", placeholder: "TIME", help: "longest time to wait for the relay [5s]"),
    ]

    private static func publish(_ call: ClientCall) throws(Fault) -> Int32 {
        var message: [JSONMember] = [
            JSONMember("type", "PUBLISH"), JSONMember("address", .string(call.words[0])),
            JSONMember("signal", .string(try call.choice("signal", ["event", "stream"]) ?? "event")),
        ]
        if call.words.count == 2 { message.append(JSONMember("value", try call.value(call.words[1]))) }
        var client = try call.connect()
        try client.send(.object(message), until: call.deadline)
        try client.settle(call.deadline)
        client.close()
        return EXIT_SUCCESS
    }

    private static func readParam(_ call: ClientCall) throws(Fault) -> Int32 {
        let address = call.words[0]
        var client = try call.connect()
        try client.send(["type": "GET", "address": .string(address)], until: call.deadline)
        // For an address without a value there is no answer, so the one to PING tells.
        try client.send(["type": "PING"], until: call.deadline)
        while true {
            let message = try client.expect(["SNAPSHOT", "PONG"], until: call.deadline)
            if message["type"] == "PONG" {
                client.close()
                return TextOutput.complain(["clasp-relay: \(address) has no value"], status: EXIT_FAILURE)
            }
            for param in message["params"]?.array ?? [] where param["address"]?.string == address {
                client.close()
                return TextOutput.say([PlainValue.plain(of: param["value"] ?? .null).line])
            }
        }
    }

    private static func writeParam(_ call: ClientCall) throws(Fault) -> Int32 {
        var message: [JSONMember] = [
            JSONMember("type", "SET"), JSONMember("address", .string(call.words[0])),
            JSONMember("value", try call.value(call.words[1])),
            JSONMember("lock", .bool(call.parsed.has("lock"))),
            JSONMember("unlock", .bool(call.parsed.has("unlock"))),
        ]
        if let ttl = try call.time("ttl") {
            message.append(JSONMember("ttl", ["mode": "sliding", "seconds": .int(ttl.components.seconds)]))
        }
        if let revision = try call.number("revision") {
            message.append(JSONMember("revision", .string(String(revision))))
        }
        var client = try call.connect()
        if call.parsed.has("no-ack") {
            try client.send(.object(message), until: call.deadline)
            try client.settle(call.deadline)
        } else {
            try client.send(.object(message), .confirm, until: call.deadline)
            do throws(Fault) {
                _ = try client.expect(["ACK"], until: call.deadline)
            } catch  where error.isLate {
                throw Fault(
                    .relayUnreachable,
                    "set: the relay took it, but did not say that it is kept; with --durability none it never does, "
                        + "and --no-ack does not wait for it")
            }
        }
        client.close()
        return EXIT_SUCCESS
    }

    private static func subscribe(_ call: ClientCall) throws(Fault) -> Int32 {
        let count = try call.number("count")
        var printer = SubscriptionPrinter(asJSON: call.parsed.has("json"), limit: count)
        for word in call.words {
            guard let pattern = Pattern(word) else {
                throw Fault(.invalidValue, "sub: '\(word)' is no pattern such as /lights/** or /lights/*/level")
            }
            printer.patterns.append(pattern)
        }
        var client = try call.connect()
        for (index, word) in call.words.enumerated() {
            try client.send(
                ["type": "SUBSCRIBE", "id": .int(Int64(index + 1)), "pattern": .string(word)], until: call.deadline)
        }
        while !printer.isDone {
            guard let message = try client.receive(until: .never) else { throw client.closed }
            if message["type"] == "ERROR" { throw ClaspClient.refusal(message) }
            guard printer.take(message) else { return EX_IOERR }
        }
        client.close()
        return EXIT_SUCCESS
    }

    /// Does the work if there are so many words, and tells what went wrong.
    static func run(
        _ call: CommandCall, _ count: ClosedRange<Int>, _ body: (ClientCall) throws(Fault) -> Int32
    ) -> Int32? {
        guard count.contains(call.words.count) else { return nil }
        do throws(Fault) {
            return try body(try ClientCall(call.parsed, call.environment))
        } catch {
            return TextOutput.complain([error])
        }
    }
}

/// What a client command was told.
struct ClientCall {
    let parsed: ParsedArguments
    let words: [String]
    let deadline: Deadline
    let timeout: Duration
    private let url: ClientURL
    private let token: String?

    var hasToken: Bool { token != nil }

    init(_ parsed: ParsedArguments, _ environment: [String: String]) throws(Fault) {
        self.parsed = parsed
        words = parsed.words
        let address = parsed.value("url") ?? environment["RELAY_URL"] ?? "ws://127.0.0.1:7330"
        guard let url = ClientURL(address), url.scheme == "ws" || url.scheme == "wss" else {
            throw Fault(.invalidValue, "--url: '\(address)' is not an address such as ws://127.0.0.1:7330")
        }
        self.url = url
        token = try Self.token(parsed, environment)
        timeout = try Self.time("timeout", parsed) ?? .seconds(5)
        deadline = .after(timeout)
    }

    /// With a token of the caller's, where none was given.
    func connect(else other: String? = nil) throws(Fault) -> ClaspClient {
        try ClaspClient(url, token: token ?? other, within: timeout)
    }

    func value(_ word: String) throws(Fault) -> JSONValue {
        guard let value = PlainValue.notation(of: PlainValue.read(word)) else {
            throw Fault(.invalidValue, "'\(word)' has a number that does not fit into 64 bits")
        }
        return value
    }

    func choice(_ flag: String, _ values: [String]) throws(Fault) -> String? {
        guard let text = parsed.value(flag) else { return nil }
        guard values.contains(text) else {
            throw Fault(.invalidValue, "--\(flag): '\(text)' is not \(values.joined(separator: " or "))")
        }
        return text
    }

    func number(_ flag: String) throws(Fault) -> Int? {
        guard let text = parsed.value(flag) else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw Fault(.invalidValue, "--\(flag): '\(text)' is no number")
        }
        return number
    }

    func time(_ flag: String) throws(Fault) -> Duration? { try Self.time(flag, parsed) }

    private static func time(_ flag: String, _ parsed: ParsedArguments) throws(Fault) -> Duration? {
        guard let text = parsed.value(flag) else { return nil }
        guard let time = Duration(units: text), time >= .seconds(1), time <= .seconds(86_400 * 365) else {
            throw Fault(.invalidValue, "--\(flag): '\(text)' is not a time from 1s to 365d")
        }
        return time
    }

    private static func token(
        _ parsed: ParsedArguments, _ environment: [String: String]
    ) throws(Fault) -> String? {
        guard let path = parsed.value("token-file") else { return environment["RELAY_TOKEN"] }
        do throws(TextFile.Unreadable) {
            let text = String(decoding: try TextFile.read(path, limit: 65_536).bytes, as: UTF8.self)
            return text.split(whereSeparator: \.isWhitespace).first.map(String.init)
        } catch {
            throw Fault(.unreadableFile, "\(path): \(error)")
        }
    }
}

extension ClaspClient {
    /// Waits until the relay has dealt with everything sent so far: an ERROR would come before the answer to PING.
    mutating func settle(_ deadline: Deadline) throws(Fault) {
        try send(["type": "PING"], until: deadline)
        _ = try expect(["PONG"], until: deadline)
    }
}

extension Fault {
    /// Nothing came in time, which need not be the end.
    var isLate: Bool { trouble == .relayUnreachable && text == ClientError.late.description }
}

extension JSONValue {
    var line: String { String(decoding: encoded(), as: UTF8.self) }
}
