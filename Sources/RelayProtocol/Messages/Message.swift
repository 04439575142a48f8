/// What a frame says. Texts, values and lists are ranges into the payload that it was decoded from, so a message is
/// small, copies nothing, and means something only beside that payload.
public enum Message: Sendable {
    case hello(HelloMessage)
    case welcome(WelcomeMessage)
    case announce(AnnounceMessage)
    case federationSync(FederationSyncMessage)
    case subscribe(SubscribeMessage)
    case unsubscribe(id: UInt32)
    case publish(PublishMessage)
    case set(SetMessage)
    case get(address: ByteRange)
    case snapshot(params: ItemList)
    case replay(ReplayMessage)
    case bundle(BundleMessage)
    case sync(SyncMessage)
    case ping
    case pong
    case ack(AckMessage)
    case error(ErrorMessage)
    case query(pattern: ByteRange)
    case result(signals: ItemList)

    public var type: MessageType {
        switch self {
        case .hello: .hello
        case .welcome: .welcome
        case .announce: .announce
        case .federationSync: .federationSync
        case .subscribe: .subscribe
        case .unsubscribe: .unsubscribe
        case .publish: .publish
        case .set: .set
        case .get: .get
        case .snapshot: .snapshot
        case .replay: .replay
        case .bundle: .bundle
        case .sync: .sync
        case .ping: .ping
        case .pong: .pong
        case .ack: .ack
        case .error: .error
        case .query: .query
        case .result: .result
        }
    }

    /// What a sender writes who has no reason to choose.
    public var defaultQualityOfService: QualityOfService {
        switch self {
        case .set, .subscribe, .unsubscribe, .replay, .federationSync: .confirm
        case .bundle: .commit
        case .publish(let message): message.signal.defaultQualityOfService(isStated: message.isSignalStated)
        default: .fire
        }
    }
}

/// A list that was validated and is read again, item by item, by whoever wants it.
public struct ItemList: Equatable, Sendable {
    public var count: Int
    public var bytes: ByteRange

    public static let empty = ItemList(count: 0, bytes: .empty)

    @inline(__always)
    public init(count: Int, bytes: ByteRange) {
        self.count = count
        self.bytes = bytes
    }
}
