package import RelayProtocol
import Relay
import RelayTestKit

/// What a client hears, decoded: values, to be compared.
package enum Heard: Hashable {
    case welcome(session: String, time: UInt64)
    case snapshot([SnapshotItem])
    case set(SetHeard)
    case publish(PublishHeard)
    case ack(address: String?, revision: UInt64?)
    case error(code: UInt16, address: String?, text: String)
    case result([String])
    case sync(t1: UInt64, t2: UInt64?, t3: UInt64?)
    case pong
    case closed(code: UInt16, reason: String)
    /// What no server should say.
    case other(MessageType)

    package struct SnapshotItem: Hashable {
        package let address: String
        /// Type code and data.
        package let value: [UInt8]
        package let revision: UInt64
        package let writer: String?
        package let timestamp: UInt64?

        package init(address: String, value: [UInt8], revision: UInt64, writer: String?, timestamp: UInt64?) {
            self.address = address
            self.value = value
            self.revision = revision
            self.writer = writer
            self.timestamp = timestamp
        }
    }

    package struct SetHeard: Hashable {
        package let address: String
        package let value: [UInt8]
        package let revision: UInt64?
        package let ttl: UInt32?
        package let lock: Bool
        package let unlock: Bool

        package init(
            address: String, value: [UInt8], revision: UInt64?, ttl: UInt32? = nil, lock: Bool = false,
            unlock: Bool = false
        ) {
            self.address = address
            self.value = value
            self.revision = revision
            self.ttl = ttl
            self.lock = lock
            self.unlock = unlock
        }
    }

    package struct PublishHeard: Hashable {
        package let address: String
        package let signal: Signal
        package let phase: GesturePhase
        /// Nil without one, and for samples.
        package let value: [UInt8]?
        package let id: UInt32?
        package let timestamp: UInt64?

        package init(
            address: String, signal: Signal, phase: GesturePhase = .start, value: [UInt8]?, id: UInt32? = nil,
            timestamp: UInt64? = nil
        ) {
            self.address = address
            self.signal = signal
            self.phase = phase
            self.value = value
            self.id = id
            self.timestamp = timestamp
        }
    }
}

extension Heard {
    /// Decodes what the relay wrote.
    package init(_ frame: [UInt8]) throws(WireError) {
        let decoded = try DecodedFrame(frame)
        let payload = decoded.payload
        func text(_ range: ByteRange?) -> String? {
            range.map { String(decoding: payload.rawSpan.bytes($0).array, as: UTF8.self) }
        }
        func value(_ reference: ValueReference) throws(WireError) -> [UInt8] {
            try Value(reference, in: payload.rawSpan).encoded ?? []
        }
        switch decoded.message {
        case .welcome(let message): self = .welcome(session: text(message.session) ?? "", time: message.time)
        case .snapshot(let items):
            var found: [SnapshotItem] = []
            var reader = ByteReader(payload.rawSpan, at: Int(items.bytes.start))
            for _ in 0..<items.count {
                let item = try reader.snapshotParam()
                found.append(
                    SnapshotItem(
                        address: text(item.address) ?? "", value: try value(item.value), revision: item.revision,
                        writer: text(item.writer), timestamp: item.timestamp))
            }
            self = .snapshot(found)
        case .set(let message):
            self = .set(
                SetHeard(
                    address: text(message.address) ?? "", value: try value(message.value), revision: message.revision,
                    ttl: message.timeToLive?.wire, lock: message.lock, unlock: message.unlock))
        case .publish(let message):
            var content: [UInt8]?
            if case .value(let reference) = message.content { content = try value(reference) }
            self = .publish(
                PublishHeard(
                    address: text(message.address) ?? "", signal: message.signal, phase: message.phase, value: content,
                    id: message.id, timestamp: message.timestamp))
        case .ack(let message): self = .ack(address: text(message.address), revision: message.revision)
        case .error(let message):
            self = .error(code: message.code, address: text(message.address), text: text(message.text) ?? "")
        case .result(let signals):
            var found: [String] = []
            var reader = ByteReader(payload.rawSpan, at: Int(signals.bytes.start))
            for _ in 0..<signals.count {
                found.append(text(try reader.signalDefinition(withMeta: false).address) ?? "")
            }
            self = .result(found)
        case .sync(let message): self = .sync(t1: message.t1, t2: message.t2, t3: message.t3)
        case .pong: self = .pong
        default: self = .other(decoded.message.type)
        }
    }

    /// The address that it is about, if any.
    package var address: String? {
        switch self {
        case .set(let set): set.address
        case .publish(let publish): publish.address
        case .ack(let address, _), .error(_, let address, _): address
        default: nil
        }
    }
}

extension Heard: CustomStringConvertible {
    package var description: String {
        func shown(_ value: [UInt8]?) -> String {
            guard let value else { return "-" }
            let text = Value(encoded: value).map { "\($0)" } ?? "\(value)"
            return text.count > 60 ? text.prefix(60) + "…" : text
        }
        switch self {
        case .welcome: return "WELCOME"
        case .snapshot(let items):
            return "SNAPSHOT " + items.map { "\($0.address)=\(shown($0.value))#\($0.revision)" }.joined(separator: " ")
        case .set(let set):
            let flags = (set.lock ? " lock" : "") + (set.unlock ? " unlock" : "") + (set.ttl.map { " ttl \($0)" } ?? "")
            return "SET \(set.address)=\(shown(set.value))#\(set.revision.map(String.init) ?? "-")\(flags)"
        case .publish(let publish):
            let id = publish.id.map { " \($0)" } ?? ""
            return "\(publish.signal)/\(publish.phase)\(id) \(publish.address)=\(shown(publish.value))"
        case .ack(let address, let revision):
            return "ACK \(address ?? "-")#\(revision.map(String.init) ?? "-")"
        case .error(let code, let address, let text): return "ERROR \(code) \(address ?? "-"): \(text)"
        case .result(let found): return "RESULT \(found)"
        case .sync(let t1, let t2, let t3): return "SYNC \(t1) \(t2 ?? 0) \(t3 ?? 0)"
        case .pong: return "PONG"
        case .closed(let code, let reason): return "closed \(code) \(reason)"
        case .other(let type): return "\(type)"
        }
    }
}
