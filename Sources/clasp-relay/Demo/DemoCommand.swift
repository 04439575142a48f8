import Glibc
import RelayJSON
import RelayNet
import RelayThreads

/// `clasp-relay demo`: a room with somebody in it, for whoever opens the chat of a new relay. It is a client like any
/// other, on the relay's own port.
enum DemoCommand {
    static let command = Command(
        "demo", ["[OPTION]…"], "open a room with a bot, and params that move, on a running relay",
        flags: [
            Flag(
                name: "auth-url", placeholder: "URL",
                help: "where to come in as a guest, without a token [http://127.0.0.1:7350]")
        ] + ClientCommands.common
    ) { call in ClientCommands.run(call, 0...0, perform) }

    private static func perform(_ call: ClientCall) throws(Fault) -> Int32 {
        let signals = try Startup.signals()
        let user = "demo-" + String(UInt32.random(in: .min ... .max), radix: 16)
        let guest = call.hasToken ? nil : try guestToken(for: user, call)
        var demo = Demo(try call.connect(else: guest), user: user)
        try demo.begin()
        _ = TextOutput.say(demo.introduction)
        while signals.next() == nil { try demo.step() }
        demo.end()
        return EXIT_SUCCESS
    }

    /// Nil where nobody asks for tokens.
    private static func guestToken(for user: String, _ call: ClientCall) throws(Fault) -> String? {
        let place = call.parsed.value("auth-url") ?? "http://127.0.0.1:7350"
        guard let url = ClientURL(place.hasSuffix("/") ? place + "auth/guest" : place + "/auth/guest") else {
            throw Fault(.invalidValue, "--auth-url: '\(place)' is not an address such as http://127.0.0.1:7350")
        }
        let body: JSONValue = ["name": .string(DemoBot.name), "user_id": .string(user)]
        let answer: HTTPProbe
        do throws(ClientError) {
            answer = try HTTPProbe.post(url, body.encoded(), within: call.timeout)
        } catch {
            throw Fault(.relayUnreachable, "demo: \(error)")
        }
        switch answer.status {
        case 200, 201: return (try? JSONValue(parsing: answer.content))?["token"]?.string
        case 404, 405: return nil
        default:
            let text = "demo: guests are refused here (\(answer.status)); show a token with --token-file"
            throw Fault(.relayRefused, text)
        }
    }
}

/// A demonstration at work.
private struct Demo {
    private static let step = Duration.milliseconds(500)
    private static let beat = 10.0
    private static let describing = 3.0

    private var client: ClaspClient
    private let room: DemoRoom
    private let bot = DemoBot()
    private var stage = DemoStage()
    private var random = SystemRandomNumberGenerator()
    private let start = ContinuousClock.now
    private var nextStep = ContinuousClock.now
    private var nextBeat = 0.0
    private var nextDescription = 0.0
    private var greeted: Set<String> = []
    private var said = 0
    /// Until the relay has refused one.
    private var writesParams = true
    /// Entries of the list that were made by demonstrations, by where those would be present if they still ran.
    private var suspects: [String: String] = [:]

    init(_ client: ClaspClient, user: String) {
        self.client = client
        room = DemoRoom(room: user, user: user, session: client.session, created: Self.now)
    }

    private static var now: Int64 { WallClock.now / 1_000 }

    // MARK: Coming and going

    mutating func begin() throws(Fault) {
        try set(room.profile, room.profileValue)
        // Who is in the room sees what is in it, so presence comes first.
        try set(room.presence, room.presenceValue(at: Self.now))
        try set(room.meta, room.metaValue(stage.sentence))
        try set(room.listing, room.listingValue)
        for (id, pattern) in [room.messages, room.presences, DemoRoom.listings].enumerated() {
            try send(["type": "SUBSCRIBE", "id": .int(Int64(id + 1)), "pattern": .string(pattern)])
        }
        try writeParams()
        // What the relay refuses is known by its end.
        try step()
    }

    var introduction: [String] {
        [
            "the room \(DemoRoom.name) is open; Ctrl C closes it",
            writesParams
                ? "params that move: clasp-relay sub '\(DemoStage.root)/**'"
                : "params at \(DemoStage.root) need a token that may write there; docs/chat.md says how",
        ]
    }

    /// Takes everything down again, as far as the relay still listens.
    mutating func end() {
        let traces = [room.listing, room.typing, room.presence] + (writesParams ? stage.params.map(\.address) : [])
        for address in traces { try? set(address, .null) }
        try? client.settle(.after(.seconds(2)))
        client.close()
    }

    // MARK: Meanwhile

    /// Answers what comes until it is time to move, and moves.
    mutating func step() throws(Fault) {
        nextStep += Self.step
        while ContinuousClock.now < nextStep {
            guard let message = try client.news(until: .after(nextStep - .now)) else { break }
            try take(message)
        }
        let seconds = Double((.now - start).nanoseconds) / 1e9
        stage.move(to: seconds)
        try writeParams()
        if seconds >= nextBeat {
            nextBeat = seconds + Self.beat
            try set(room.presence, room.presenceValue(at: Self.now))
        }
        if seconds >= nextDescription {
            nextDescription = seconds + Self.describing
            try set(room.meta, room.metaValue(stage.sentence))
        }
    }

    private func writeParams() throws(Fault) {
        guard writesParams else { return }
        for (address, value) in stage.params { try set(address, value) }
    }

    private mutating func take(_ message: JSONValue) throws(Fault) {
        switch message["type"]?.string {
        case "PUBLISH": try hear(message)
        case "SET": try see(message, isNew: true)
        case "SNAPSHOT": for param in message["params"]?.array ?? [] { try see(param, isNew: false) }
        case "PONG":
            for listing in suspects.values { try set(listing, .null) }
            suspects = [:]
        case "ERROR":
            let address = message["address"]?.string ?? ""
            if [room.profile, room.presence, room.meta, room.listing].contains(address) {
                throw ClaspClient.refusal(message)
            }
            if address.hasPrefix(DemoStage.root) { writesParams = false }
        default: break
        }
    }

    private mutating func see(_ param: JSONValue, isNew: Bool) throws(Fault) {
        guard let address = param["address"]?.string, let value = param["value"].map(PlainValue.plain) else { return }
        suspects[address] = nil
        if let presence = room.presence(behind: address, value) { try suspect(address, presence) }
        let prefix = room.presence(of: "")
        guard address.hasPrefix(prefix), address != room.presence else { return }
        let user = String(address.dropFirst(prefix.count))
        guard let name = value["name"]?.string, greeted.insert(user).inserted, isNew else { return }
        try say(bot.greeting(String(name.prefix(32))))
    }

    /// A demonstration that could not say goodbye leaves its entry behind; whether it is still there, its bot shows.
    private mutating func suspect(_ listing: String, _ presence: String) throws(Fault) {
        suspects[presence] = listing
        try send(["type": "GET", "address": .string(presence)])
        // For an address without a value there is no answer, so the one to PING tells.
        try send(["type": "PING"])
    }

    private mutating func hear(_ message: JSONValue) throws(Fault) {
        guard message["address"]?.string == room.messages, let value = message["value"].map(PlainValue.plain),
            value["type"]?.string == "text", let text = value["text"]?.string, let id = value["msgId"]?.string
        else { return }
        switch bot.answer(to: text, stage: &stage, random: &random) {
        case .say(let answer): try say(answer)
        case .react(let face):
            // The id becomes a part of an address.
            let isSegment = id.utf8.allSatisfy { 0x21..<0x7F ~= $0 } && !id.contains { $0 == "/" || $0 == "*" }
            guard !id.isEmpty, id.utf8.count <= 64, isSegment else { return }
            try set(room.reaction(to: id, face), room.reactionValue)
        }
    }

    private mutating func say(_ text: String) throws(Fault) {
        said += 1
        try set(room.typing, room.typingValue(at: Self.now))
        try send([
            "type": "PUBLISH", "address": .string(room.messages), "signal": "event",
            "value": PlainValue.notation(of: room.messageValue(text, at: Self.now, number: said)) ?? .null,
        ])
        try set(room.typing, .null)
    }

    private func set(_ address: String, _ value: JSONValue) throws(Fault) {
        try send([
            "type": "SET", "address": .string(address), "value": PlainValue.notation(of: value) ?? .null, "lock": false,
            "unlock": false,
        ])
    }

    private func send(_ message: JSONValue) throws(Fault) { try client.send(message, until: .after(.seconds(5))) }
}
