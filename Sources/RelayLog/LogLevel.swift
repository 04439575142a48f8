/// How much an operator wants to read. Ordered: a filter at `.info` lets `.warn` and `.error` through.
package enum LogLevel: Int, Comparable, CaseIterable, Sendable {
    case trace, debug, info, warn, error

    package static func < (one: LogLevel, other: LogLevel) -> Bool { one.rawValue < other.rawValue }
}
