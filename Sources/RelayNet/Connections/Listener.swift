import CLinux
import Glibc

/// A socket that connections are accepted from.
package struct Listener: Sendable {
    /// Where to listen.
    package enum Endpoint: Sendable, Equatable {
        /// A numeric IPv4 or IPv6 address; port 0 lets the kernel choose.
        case tcp(address: String, port: UInt16)
        case unix(path: String)
    }

    let descriptor: Int32
    /// The port it really listens on; 0 for a unix socket.
    package let port: UInt16

    /// Binds and listens. With `sharesPort` several listeners, in several processes too, may have the same port.
    package init(_ endpoint: Endpoint, backlog: Int32 = 4096, sharesPort: Bool = false) throws(SystemError) {
        let opened: Int32
        switch endpoint {
        case .tcp(let address, let port):
            opened = unsafe clinux_listen_ip(address, port, backlog, sharesPort ? 1 : 0)
        case .unix(let path):
            opened = unsafe clinux_listen_unix(path, backlog)
        }
        guard opened >= 0 else { throw SystemError("listen", code: -opened) }
        self.init(listening: opened)
    }

    private init(listening descriptor: Int32) {
        self.descriptor = descriptor
        port = UInt16(clamping: clinux_local_port(descriptor))
    }

    /// Closes a listener that no loop was given.
    package func giveUp() { clinux_close(descriptor) }

    /// Sockets handed over by a service manager (`sd_listen_fds(3)`): descriptors from 3 on, meant for this process.
    package static func inherited(
        listenDescriptors: String?, listenProcess: String?, process: Int32 = getpid()
    ) throws(SystemError) -> [Listener] {
        guard let count = listenDescriptors.flatMap({ Int32($0) }), count > 0, count <= 64,
            listenProcess.flatMap({ Int32($0) }) == process
        else { return [] }
        var listeners: [Listener] = []
        for descriptor in 3..<(3 + count) {
            let adopted = clinux_adopt(descriptor)
            guard adopted >= 0 else { throw SystemError("fcntl", code: -adopted) }
            listeners.append(Listener(listening: adopted))
        }
        return listeners
    }
}

/// A listener that a loop watches.
struct OpenListener {
    let listener: Listener
    let role: Connection.Role
    let transports: (any TransportSource)?
    var isWatched = true
    var isClosed = false
}

/// How many connections may still be accepted in this second. Those above wait in the backlog.
struct AcceptGate {
    private let perSecond: UInt64?
    private var left: UInt64
    private var refilledAt: UInt64
    /// When to look at the listeners again; nil while they are open.
    private(set) var reopensAt: UInt64?

    init(perSecond: Int?, now: UInt64) {
        self.perSecond = perSecond.map { UInt64(max(1, $0)) }
        left = self.perSecond ?? 0
        refilledAt = now
    }

    /// Takes one of this second's places; false closes the gate until `reopensAt`.
    mutating func admits(at now: UInt64) -> Bool {
        guard let perSecond else { return true }
        if now &- refilledAt >= 1_000_000_000 {
            refilledAt = now
            left = perSecond
        }
        guard left > 0 else {
            reopensAt = refilledAt + 1_000_000_000
            return false
        }
        left -= 1
        return true
    }

    mutating func reopen() { reopensAt = nil }
}

/// Lets the process have as many descriptors as it may, up to `wanted`; answers how many that are.
@discardableResult
package func raiseDescriptorLimit(to wanted: Int64) -> Int64 {
    clinux_raise_descriptor_limit(wanted)
}
