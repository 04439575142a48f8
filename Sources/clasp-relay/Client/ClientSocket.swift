import CLinux
import Glibc

/// Why a client does not get through.
struct ClientError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static let late = ClientError("no answer in time")
}

/// A TCP connection that a command makes and waits on.
final class ClientSocket {
    private let descriptor: Int32

    init(to host: String, _ port: UInt16, within time: Duration) throws(ClientError) {
        descriptor = unsafe clinux_connect_host(host, String(port), time.pollTime)
        guard descriptor >= 0 else {
            switch -descriptor {
            case ENOENT: throw ClientError("nobody knows the name \(host)")
            case ECONNREFUSED: throw ClientError("nothing listens on \(host) port \(port)")
            case ETIMEDOUT: throw ClientError("\(host) port \(port) does not answer")
            default: throw ClientError("\(host) port \(port) cannot be reached (error \(-descriptor))")
            }
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func send(_ bytes: [UInt8], until deadline: Deadline) throws(ClientError) {
        var sent = 0
        while sent < bytes.count {
            try wait(forWriting: true, deadline)
            let rest = bytes[sent...]
            let count = unsafe rest.withUnsafeBytes { unsafe clinux_send(descriptor, $0.baseAddress, $0.count) }
            if count == -Int(EAGAIN) || count == -Int(EINTR) { continue }
            guard count > 0 else { throw ClientError("the connection broke") }
            sent += count
        }
    }

    /// What has come; empty at the end of the connection.
    func receive(until deadline: Deadline) throws(ClientError) -> [UInt8] {
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            try wait(forWriting: false, deadline)
            let count = unsafe room.withUnsafeMutableBytes {
                unsafe clinux_receive(descriptor, $0.baseAddress, $0.count)
            }
            if count == -Int(EAGAIN) || count == -Int(EINTR) { continue }
            guard count >= 0 else { throw ClientError("the connection broke") }
            room.removeLast(room.count - count)
            return room
        }
    }

    private func wait(forWriting: Bool, _ deadline: Deadline) throws(ClientError) {
        while true {
            let ready = clinux_wait_socket(descriptor, forWriting ? 1 : 0, deadline.left)
            if ready > 0 { return }
            guard ready == 0 else { throw ClientError("the connection broke") }
            if deadline.isOver { throw .late }
        }
    }
}

/// When patience ends.
struct Deadline: Sendable {
    private let instant: ContinuousClock.Instant?

    static let never = Deadline(instant: nil)

    static func after(_ time: Duration) -> Deadline { Deadline(instant: .now + time) }

    var isOver: Bool { instant.map { $0 <= .now } ?? false }

    /// For poll(2).
    var left: Int32 { instant.map { ($0 - .now).pollTime } ?? -1 }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    fileprivate var pollTime: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(clamping: seconds.multipliedReportingOverflow(by: 1_000).partialValue)
            .addingReportingOverflow(Int32(attoseconds / 1_000_000_000_000_000) + 1).partialValue
    }
}
