package import RelayJSON
package import RelayProtocol
import Relay

/// Frames as clients send them, put together byte by byte: the relay's own encoder has no part in them.
package enum Say {
    package static func frame(_ payload: [UInt8], _ quality: QualityOfService = .fire) -> [UInt8] {
        [0x53, quality.rawValue << 6 | 1] + Self.u16(payload.count) + payload
    }

    package static func hello(token: String = "", name: String = "test") -> [UInt8] {
        frame([0x01, 1, 0xF8] + text(name) + text(token))
    }

    /// `ttl` as on the wire: 0 for never, with the highest bit for absolute.
    package static func set(
        _ address: String, _ value: JSONValue, revision: UInt64? = nil, ttl: UInt32? = nil, lock: Bool = false,
        unlock: Bool = false, _ quality: QualityOfService = .fire
    ) -> [UInt8] {
        frame(setBody(address, value, revision: revision, ttl: ttl, lock: lock, unlock: unlock), quality)
    }

    package static func setBody(
        _ address: String, _ value: JSONValue, revision: UInt64? = nil, ttl: UInt32? = nil, lock: Bool = false,
        unlock: Bool = false
    ) -> [UInt8] {
        let encoded = bytes(of: value)
        let flags =
            (encoded.first ?? 0) | (revision == nil ? 0 : 0x80) | (lock ? 0x40 : 0) | (unlock ? 0x20 : 0)
            | (ttl == nil ? 0 : 0x10)
        var body = [0x21, flags] + text(address) + encoded.dropFirst()
        if let revision { body += u64(revision) }
        if let ttl { body += u32(ttl) }
        return body
    }

    package static func publish(
        _ address: String, _ signal: Signal, _ value: JSONValue? = nil, phase: GesturePhase = .start,
        id: UInt32? = nil, timestamp: UInt64? = nil, _ quality: QualityOfService = .fire
    ) -> [UInt8] {
        frame(publishBody(address, signal, value, phase: phase, id: id, timestamp: timestamp), quality)
    }

    package static func publishBody(
        _ address: String, _ signal: Signal, _ value: JSONValue? = nil, phase: GesturePhase = .start,
        id: UInt32? = nil, timestamp: UInt64? = nil
    ) -> [UInt8] {
        let flags = signal.rawValue << 5 | (timestamp == nil ? 0 : 0x10) | (id == nil ? 0 : 0x08) | phase.rawValue
        var body = [0x20, flags] + text(address)
        if let value { body += [1] + bytes(of: value) } else { body.append(0) }
        if let timestamp { body += u64(timestamp) }
        if let id { body += u32(id) }
        return body
    }

    package struct Options {
        package var maxRate: UInt32?
        package var epsilon: Double?
        package var history: UInt32?
        package var window: UInt32?

        package init(
            maxRate: UInt32? = nil, epsilon: Double? = nil, history: UInt32? = nil, window: UInt32? = nil
        ) {
            self.maxRate = maxRate
            self.epsilon = epsilon
            self.history = history
            self.window = window
        }
    }

    package static func subscribe(
        _ id: UInt32, _ pattern: String, types: SignalSet = [], _ options: Options = Options()
    ) -> [UInt8] {
        let flags: UInt8 =
            (options.maxRate == nil ? 0 : 1) | (options.epsilon == nil ? 0 : 2) | (options.history == nil ? 0 : 4)
            | (options.window == nil ? 0 : 8)
        var body = [0x10] + u32(id) + text(pattern) + [types.isEmpty ? 0xFF : types.rawValue, flags]
        if let rate = options.maxRate { body += u32(rate) }
        if let epsilon = options.epsilon { body += u64(epsilon.bitPattern) }
        if let history = options.history { body += u32(history) }
        if let window = options.window { body += u32(window) }
        return frame(body, .confirm)
    }

    package static func unsubscribe(_ id: UInt32) -> [UInt8] { frame([0x11] + u32(id), .confirm) }

    package static func get(_ address: String) -> [UInt8] { frame([0x22] + text(address)) }

    /// `messages`: bodies, from `setBody` and `publishBody`.
    package static func bundle(
        _ messages: [[UInt8]], at timestamp: UInt64? = nil, _ quality: QualityOfService = .commit
    ) -> [UInt8] {
        var body: [UInt8] = [0x30, timestamp == nil ? 0 : 0x80] + u16(messages.count)
        if let timestamp { body += u64(timestamp) }
        for message in messages { body += u16(message.count) + message }
        return frame(body, quality)
    }

    package static func query(_ pattern: String) -> [UInt8] { frame([0x60] + text(pattern)) }

    package static func announce(
        _ namespace: String, _ addresses: [String], _ quality: QualityOfService = .fire
    ) -> [UInt8] {
        frame([0x03] + text(namespace) + u16(addresses.count) + addresses.flatMap { text($0) + [0, 0] }, quality)
    }

    package static func ping() -> [UInt8] { frame([0x41]) }
    package static func pong() -> [UInt8] { frame([0x42]) }
    package static func sync(_ time: UInt64) -> [UInt8] { frame([0x40, 0] + u64(time)) }

    /// Type code and data.
    package static func bytes(of value: JSONValue) -> [UInt8] { Value(plain: value).encoded ?? [0] }

    package static func text(_ text: String) -> [UInt8] { u16(text.utf8.count) + Array(text.utf8) }
    package static func u16(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] }

    package static func u32(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }

    package static func u64(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    }
}
