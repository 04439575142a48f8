/// A flag of the reference relay for something that this release does not have. Accepting it and doing nothing would
/// be a lie, so it is refused by name.
struct RefusedOption: Sendable {
    let name: String
    /// What does not exist yet, or what to say instead.
    let reason: String
    var takesValue = true
    /// Values that ask for nothing, and so are accepted.
    var harmless: [String] = []

    static func named(_ name: String) -> RefusedOption? { all.first { $0.name == name } }

    static let all: [RefusedOption] = [
        RefusedOption(name: "journal", reason: "the journal is always kept, in the data directory; see --durability"),
        RefusedOption(
            name: "journal-memory", reason: "the journal is always kept on the disk; see --history", takesValue: false),
        RefusedOption(name: "rules", reason: missing("the rules engine")),
        RefusedOption(name: "registry-db", reason: missing("the entity registry")),
        RefusedOption(name: "trust-anchor", reason: missing("capability tokens")),
        RefusedOption(name: "cap-max-depth", reason: missing("capability tokens")),
        RefusedOption(name: "federation-hub", reason: missing("federation")),
        RefusedOption(name: "federation-id", reason: missing("federation")),
        RefusedOption(name: "federation-namespace", reason: missing("federation")),
        RefusedOption(name: "federation-token", reason: missing("federation")),
        RefusedOption(name: "mqtt-port", reason: missing("the MQTT bridge")),
        RefusedOption(name: "mqtt-namespace", reason: missing("the MQTT bridge")),
        RefusedOption(name: "osc-port", reason: missing("the OSC bridge")),
        RefusedOption(name: "osc-namespace", reason: missing("the OSC bridge")),
        RefusedOption(name: "quic-port", reason: missing("QUIC")),
        RefusedOption(name: "lenses", reason: missing("lenses")),
        RefusedOption(
            name: "no-websocket", reason: "WebSocket is the only transport of this release", takesValue: false),
        RefusedOption(name: "rendezvous-port", reason: missing("rendezvous"), harmless: ["0"]),
        RefusedOption(name: "rendezvous-ttl", reason: missing("rendezvous")),
    ]

    private static func missing(_ what: String) -> String { "this release does not have \(what)" }
}
