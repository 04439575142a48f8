/// How much an operator wants to read. Ordered: a filter at `.info` lets `.warn` and `.error` through.
package enum LogLevel: Int, Comparable, CaseIterable, Sendable {
    case trace, debug, info, warn, error

    package static func < (one: LogLevel, other: LogLevel) -> Bool { one.rawValue < other.rawValue }

    package var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .warn: "warn"
        case .error: "error"
        }
    }

    package init?(named name: String) {
        let lower = name.lowercased()
        guard let level = LogLevel.allCases.first(where: { $0.name == lower }) else { return nil }
        self = level
    }

    /// The severity that syslog and systemd know (sd-daemon(3)).
    package var priority: Int {
        switch self {
        case .error: 3
        case .warn: 4
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
