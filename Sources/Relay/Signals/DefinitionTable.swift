/// What clients have announced: which signals they serve, for whoever asks with QUERY.
struct DefinitionTable {
    struct Definition {
        /// As a RESULT says it.
        let encoded: [UInt8]
        /// Uptime; 0 for never.
        let deadline: UInt64
    }

    private(set) var definitions: [[UInt8]: Definition] = [:]
    var isSwept = false

    var count: Int { definitions.count }

    subscript(address: [UInt8]) -> Definition? {
        get { definitions[address] }
        set { definitions[address] = newValue }
    }

    mutating func sweep(at uptime: UInt64) {
        definitions = definitions.filter { $0.value.deadline == 0 || $0.value.deadline > uptime }
    }
}
