internal import RelayThreads
package import Synchronization

/// What a room holds in order to speak. A level that is off costs one relaxed load; fields are built only when it is on.
package struct Log: Sendable {
    @usableFromInline package let room: LogRoom
    private let writer: LogWriter

    init(room: LogRoom, writer: LogWriter) {
        self.room = room
        self.writer = writer
    }

    @inlinable
    package func isOn(_ level: LogLevel) -> Bool {
        level.rawValue >= room.threshold.load(ordering: .relaxed)
    }

    @inlinable
    package func trace(_ sentence: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        if isOn(.trace) { write(.trace, sentence, fields()) }
    }

    @inlinable
    package func debug(_ sentence: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        if isOn(.debug) { write(.debug, sentence, fields()) }
    }

    @inlinable
    package func info(_ sentence: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        if isOn(.info) { write(.info, sentence, fields()) }
    }

    @inlinable
    package func warn(_ sentence: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        if isOn(.warn) { write(.warn, sentence, fields()) }
    }

    @inlinable
    package func error(_ sentence: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        if isOn(.error) { write(.error, sentence, fields()) }
    }

    @usableFromInline
    package func write(_ level: LogLevel, _ sentence: StaticString, _ fields: [LogField]) {
        writer.take(
            LogEvent(
                instant: writer.clock(), level: level, room: room.name, sentence: sentence, fields: fields))
    }
}

/// The name that a room speaks under, and its present threshold.
package final class LogRoom: Sendable {
    package let name: String
    @usableFromInline package let threshold: Atomic<Int>

    init(_ name: String, _ threshold: LogThreshold) {
        self.name = name
        self.threshold = Atomic(threshold.rawValue)
    }
}
