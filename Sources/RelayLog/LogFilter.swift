/// Which room may say how much: `info,relay.net=debug,relay.hub=trace`, `warn`, `off`, `info,relay.net=off`.
///
/// Rooms are names with points; a rule holds for its room and for all rooms inside it, and the longest rule that
/// matches decides. Without a rule for a room the plain level holds, `info` unless the text says otherwise.
package struct LogFilter: Sendable, Equatable, CustomStringConvertible {
    private struct Rule: Sendable, Equatable {
        let room: String
        let threshold: LogThreshold
    }

    private var general = LogThreshold.from(.info)
    private var rules: [Rule] = []

    package init() {}

    package init(_ level: LogLevel) { general = .from(level) }

    package init(parsing text: String) throws(LogFilterError) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let directive = part.trimmed
            if directive.isEmpty { continue }
            let sides = directive.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count <= 2 else { throw LogFilterError(directive, "has more than one '='") }
            let room = sides[0].trimmed
            if sides.count == 2 {
                guard Self.isRoom(room) else {
                    throw LogFilterError(directive, "does not begin with the name of a room")
                }
                guard let threshold = LogThreshold(named: sides[1].trimmed) else {
                    throw LogFilterError(directive, "does not end with a level")
                }
                set(room, threshold)
            } else if let threshold = LogThreshold(named: room) {
                general = threshold
            } else if room.contains("."), Self.isRoom(room) {
                // A room alone means everything it has to say, as in Rust's env_logger.
                set(room, .from(.trace))
            } else {
                throw LogFilterError(directive, "is neither a level nor a room")
            }
        }
    }

    package func threshold(for room: String) -> LogThreshold {
        let matching = rules.filter { room == $0.room || room.hasPrefix($0.room + ".") }
        return matching.max { $0.room.utf8.count < $1.room.utf8.count }?.threshold ?? general
    }

    /// The text it is read from, in its shortest form.
    package var description: String {
        ([general.name] + rules.map { "\($0.room)=\($0.threshold.name)" }).joined(separator: ",")
    }

    private mutating func set(_ room: String, _ threshold: LogThreshold) {
        rules.removeAll { $0.room == room }
        rules.append(Rule(room: room, threshold: threshold))
    }

    private static func isRoom(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}

/// The least level that is written, or none at all.
package struct LogThreshold: Sendable, Equatable {
    /// The raw value of that level; one above the highest for none.
    let rawValue: Int

    package static let off = LogThreshold(rawValue: LogLevel.error.rawValue + 1)

    package static func from(_ level: LogLevel) -> LogThreshold { LogThreshold(rawValue: level.rawValue) }

    var name: String { LogLevel(rawValue: rawValue)?.name ?? "off" }

    package func lets(_ level: LogLevel) -> Bool { level.rawValue >= rawValue }

    init(rawValue: Int) { self.rawValue = rawValue }

    init?(named name: String) {
        if name.lowercased() == "off" {
            self = .off
        } else if let level = LogLevel(named: name) {
            self = .from(level)
        } else {
            return nil
        }
    }
}

/// What is wrong with the text of a filter, as a sentence for the operator.
package struct LogFilterError: Error, Equatable, CustomStringConvertible {
    package let directive: String
    package let reason: String

    init(_ directive: String, _ reason: String) {
        self.directive = directive
        self.reason = reason
    }

    package var description: String {
        "log filter: '\(directive)' \(reason) (expected LEVEL or ROOM=LEVEL, separated by commas; "
            + "levels are off, error, warn, info, debug, trace)"
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var rest = self
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
