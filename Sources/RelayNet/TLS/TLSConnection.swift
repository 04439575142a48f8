import COpenSSL
import Glibc

/// How sessions read and write sockets. Made once; OpenSSL only reads it.
@safe
struct SocketMethod: @unchecked Sendable {
    static let shared = SocketMethod()
    let pointer: OpaquePointer?

    private init() { unsafe pointer = copenssl_socket_method() }
}

/// One encrypted connection: the TLS session between a socket and the connection layer.
///
/// The handshake happens inside the first calls of `receive`. Belongs to the thread of the connection's loop. A session
/// that failed is never touched again, as OpenSSL demands.
@safe
final class TLSConnection: Transport {
    private let session: OpaquePointer
    private var isAttached = false
    private var hasFailed = false
    private var needsRoom = false
    /// The peer's close_notify has come, but what came before it was handed over first.
    private var owesEnd = false

    init(_ session: OpaquePointer) {
        unsafe self.session = session
        super.init()
    }

    override init() { preconditionFailure("an encrypted connection is made from a session") }

    deinit { unsafe SSL_free(session) }

    override var hasDecodedInput: Bool { unsafe owesEnd || (!hasFailed && SSL_pending(session) > 0) }
    override var wantsRoom: Bool { needsRoom }

    /// As much as there is: a record holds at most 16 KiB, the buffer many.
    override func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard attach(to: descriptor), let start = buffer.baseAddress else { return -Int(EPROTO) }
        needsRoom = false
        owesEnd = false
        var total = 0
        while total < buffer.count {
            var count = 0
            ERR_clear_error()
            let code = unsafe SSL_read_ex(session, start + total, buffer.count - total, &count)
            if code == 1 {
                total += count
                continue
            }
            switch unsafe SSL_get_error(session, code) {
            case SSL_ERROR_WANT_READ: return total > 0 ? total : -Int(EAGAIN)
            case SSL_ERROR_WANT_WRITE:
                needsRoom = true
                return total > 0 ? total : -Int(EAGAIN)
            case SSL_ERROR_ZERO_RETURN:
                owesEnd = total > 0
                return total
            default:
                hasFailed = true
                ERR_clear_error()
                // What was read is lost: without close_notify nobody can tell whether it was all.
                return -Int(ECONNRESET)
            }
        }
        return total
    }

    override func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        guard attach(to: descriptor), unsafe SSL_is_init_finished(session) == 1 else { return -Int(EPROTO) }
        guard let start = bytes.baseAddress, bytes.count > 0 else { return 0 }
        var count = 0
        ERR_clear_error()
        let code = unsafe SSL_write_ex(session, start, bytes.count, &count)
        if code == 1 { return count }
        if unsafe SSL_get_error(session, code) == SSL_ERROR_WANT_WRITE { return -Int(EAGAIN) }
        // Without renegotiation, writing never waits for reading.
        hasFailed = true
        ERR_clear_error()
        return -Int(ECONNRESET)
    }

    /// Says goodbye (close_notify), so that the peer knows that nothing was cut off.
    override func finish(_ descriptor: Int32) {
        guard isAttached, !hasFailed, unsafe SSL_is_init_finished(session) == 1 else { return }
        ERR_clear_error()
        if unsafe SSL_shutdown(session) < 0 {
            hasFailed = true
            ERR_clear_error()
        }
    }

    private func attach(to descriptor: Int32) -> Bool {
        guard !hasFailed else { return false }
        guard !isAttached else { return true }
        guard let method = unsafe SocketMethod.shared.pointer else { return false }
        isAttached = unsafe copenssl_attach(session, method, descriptor) == 1
        return isAttached
    }
}

extension EventLoop {
    /// Whether a transport of its own stands between the connection and its socket.
    func isEncrypted(_ connection: ConnectionID) -> Bool {
        guard let slot = unsafe table.find(connection) else { return false }
        return unsafe slot.pointee.transport != nil
    }
}
