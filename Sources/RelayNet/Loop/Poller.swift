import CLinux

/// One epoll instance and the events of its last wait.
@safe
struct Poller: ~Copyable {
    /// What a descriptor is watched for.
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let read = Interest(rawValue: 0x001)
        static let write = Interest(rawValue: 0x004)
        static let trouble = Interest(rawValue: 0x008 | 0x010)
        /// Told once each time that it happens, and not for as long as it lasts.
        static let edge = Interest(rawValue: 1 << 31)
    }

    static let room = 512
    private let descriptor: Int32
    private let events: UnsafeMutableRawPointer
    private var count: Int32 = 0
    private var cursor: Int32 = 0

    init() throws(SystemError) {
        let descriptor = clinux_epoll_create()
        guard descriptor >= 0 else { throw SystemError("epoll_create1", code: -descriptor) }
        self.descriptor = descriptor
        unsafe events = .allocate(byteCount: Self.room * clinux_event_size(), alignment: 16)
    }

    deinit {
        clinux_close(descriptor)
        unsafe events.deallocate()
    }

    func watch(_ watched: Int32, for interest: Interest, token: UInt64) throws(SystemError) {
        let code = clinux_epoll_control(descriptor, 1, watched, interest.rawValue, token)
        guard code == 0 else { throw SystemError("epoll_ctl", code: -code) }
    }

    func change(_ watched: Int32, to interest: Interest, token: UInt64) {
        _ = clinux_epoll_control(descriptor, 3, watched, interest.rawValue, token)
    }

    func forget(_ watched: Int32) {
        _ = clinux_epoll_control(descriptor, 2, watched, 0, 0)
    }

    /// Events of the last wait that nobody has taken yet.
    var hasEvents: Bool { cursor < count }

    /// Sleeps until something happens, at most `nanoseconds`; negative means for ever.
    mutating func wait(atMost nanoseconds: Int64) {
        cursor = 0
        count = unsafe max(0, clinux_epoll_wait(descriptor, events, Int32(Self.room), nanoseconds))
    }

    mutating func next() -> (token: UInt64, happened: Interest)? {
        guard cursor < count else { return nil }
        defer { cursor += 1 }
        return unsafe (
            clinux_event_data(events, cursor), Interest(rawValue: clinux_event_mask(events, cursor))
        )
    }
}
