import RelayJSON

/// Which program this is.
enum Version {
    static let number = "0.1.0"

    static var text: String { "clasp-relay \(number)" }

    static var json: JSONValue {
        ["name": "clasp-relay", "version": .string(number), "swift": .string(swift), "machine": .string(machine)]
    }

    private static var swift: String {
        #if compiler(>=6.4)
        "6.4"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }

    private static var machine: String {
        #if arch(x86_64)
        "linux-x86_64"
        #elseif arch(arm64)
        "linux-aarch64"
        #else
        "linux"
        #endif
    }
}
