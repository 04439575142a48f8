/// The first byte of a binary payload.
public enum MessageType: UInt8, Sendable, CaseIterable {
    case hello = 0x01
    case welcome = 0x02
    case announce = 0x03
    case federationSync = 0x04
    case subscribe = 0x10
    case unsubscribe = 0x11
    case publish = 0x20
    case set = 0x21
    case get = 0x22
    case snapshot = 0x23
    case replay = 0x24
    case bundle = 0x30
    case sync = 0x40
    case ping = 0x41
    case pong = 0x42
    case ack = 0x50
    case error = 0x51
    case query = 0x60
    case result = 0x61

    /// As the protocol writes it, and as the legacy form's `type` key has it.
    public var name: StaticString {
        switch self {
        case .hello: "HELLO"
        case .welcome: "WELCOME"
        case .announce: "ANNOUNCE"
        case .federationSync: "FEDERATION_SYNC"
        case .subscribe: "SUBSCRIBE"
        case .unsubscribe: "UNSUBSCRIBE"
        case .publish: "PUBLISH"
        case .set: "SET"
        case .get: "GET"
        case .snapshot: "SNAPSHOT"
        case .replay: "REPLAY"
        case .bundle: "BUNDLE"
        case .sync: "SYNC"
        case .ping: "PING"
        case .pong: "PONG"
        case .ack: "ACK"
        case .error: "ERROR"
        case .query: "QUERY"
        case .result: "RESULT"
        }
    }
}
