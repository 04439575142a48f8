import CLinux
import Glibc

/// epoll over numbered sockets. One thread owns it.
@safe struct Poller: ~Copyable {
    private static let room = 1_024

    private let descriptor: Int32
    private let events: UnsafeMutableRawPointer

    init() throws(BenchError) {
        descriptor = clinux_epoll_create()
        unsafe events = .allocate(byteCount: Self.room * clinux_event_size(), alignment: 8)
        guard descriptor >= 0 else { throw BenchError("epoll_create failed with \(-descriptor)") }
    }

    deinit {
        unsafe events.deallocate()
        if descriptor >= 0 { close(descriptor) }
    }

    func add(_ socket: Socket, number: Int) {
        _ = clinux_epoll_control(
            descriptor, EPOLL_CTL_ADD, socket.descriptor, EPOLLIN.rawValue, UInt64(number))
    }

    func watch(_ socket: Socket, number: Int, reading: Bool, writing: Bool) {
        let events = (reading ? EPOLLIN.rawValue : 0) | (writing ? EPOLLOUT.rawValue : 0)
        _ = clinux_epoll_control(descriptor, EPOLL_CTL_MOD, socket.descriptor, events, UInt64(number))
    }

    /// How many sockets are ready, within the time.
    func wait(nanoseconds: Int64) -> Int {
        max(0, Int(unsafe clinux_epoll_wait(descriptor, events, Int32(Self.room), nanoseconds)))
    }

    func event(_ index: Int) -> (number: Int, canRead: Bool, canWrite: Bool) {
        precondition(index < Self.room, "no more events than there is room for")
        let mask = unsafe clinux_event_mask(events, Int32(index))
        let number = unsafe clinux_event_data(events, Int32(index))
        // A broken connection is read as well: that tells.
        let canRead = mask & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        return (Int(number), canRead, mask & EPOLLOUT.rawValue != 0)
    }
}

/// A client's socket. Nothing here waits but `init`.
struct Socket {
    let descriptor: Int32

    enum Outcome {
        case bytes(Int)
        case later
        case ended
    }

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// `receiveBuffer`: how much the kernel may keep for a reader that does not read; without it, it decides.
    init(to endpoint: Endpoint, receiveBuffer: Int32? = nil) throws(BenchError) {
        descriptor = unsafe clinux_connect_host(endpoint.host, "\(endpoint.port)", 5_000)
        guard descriptor >= 0 else {
            throw BenchError("nothing to connect to at \(endpoint.host):\(endpoint.port) (error \(-descriptor))")
        }
        guard var size = receiveBuffer else { return }
        let length = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, length)
    }

    /// Reads what is there behind the first `start` bytes of the buffer.
    @inline(__always)
    func receive(into buffer: inout [UInt8], from start: Int) -> Outcome {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            let rest = unsafe bytes[start...]
            return unsafe clinux_receive(
                descriptor, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        }
        return Self.outcome(count)
    }

    func send(_ bytes: [UInt8], from start: Int) -> Outcome {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            let rest = unsafe bytes[start...]
            return unsafe clinux_send(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        }
        return Self.outcome(count)
    }

    private static func outcome(_ count: Int) -> Outcome {
        if count > 0 { return .bytes(count) }
        return count == -Int(EAGAIN) ? .later : .ended
    }

    func close() { Glibc.close(descriptor) }
}

/// Where a relay listens.
struct Endpoint: Equatable {
    let host: String
    let port: UInt16

    init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }

    /// `ws://HOST:PORT`. The host is looked up for each connection, so a number is better than a name.
    init?(_ url: String) {
        guard url.hasPrefix("ws://") else { return nil }
        let authority = url.dropFirst(5).prefix { $0 != "/" }
        guard let colon = authority.lastIndex(of: ":"), let port = UInt16(authority[authority.index(after: colon)...]),
            port > 0
        else { return nil }
        let host = authority[..<colon]
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
        self.port = port
        if self.host.isEmpty { return nil }
    }
}
