import CLinux
import COpenSSL

@testable import RelayNet

/// A TLS client on one end of a socket pair, driven by hand: it never waits, unless the socket is to.
@safe
final class TLSClient {
    private let context: OpaquePointer
    private let session: OpaquePointer
    private let descriptor: Int32

    init?(_ descriptor: Int32, highest: Int = Int(TLS1_3_VERSION), isBlocking: Bool = false) {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { return nil }
        unsafe self.context = unsafe context
        // The library itself still speaks 1.1 at this level; the server must be who refuses it.
        unsafe SSL_CTX_set_security_level(context, 0)
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil)
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, highest, nil)
        guard let session = unsafe SSL_new(context) else { return nil }
        unsafe self.session = unsafe session
        self.descriptor = descriptor
        unsafe SSL_set_connect_state(session)
        if isBlocking {
            guard unsafe SSL_set_fd(session, descriptor) == 1 else { return nil }
        } else {
            guard let method = unsafe SocketMethod.shared.pointer,
                unsafe copenssl_attach(session, method, descriptor) == 1
            else { return nil }
        }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
        clinux_close(descriptor)
    }

    enum Step: Equatable {
        case done
        case wants
        case failed
    }

    func shakeHands() -> Step { unsafe step(SSL_do_handshake(session)) }

    func send(_ text: String) -> Step {
        var count = 0
        let octets = Array(text.utf8)
        return unsafe octets.withUnsafeBytes { unsafe step(SSL_write_ex(session, $0.baseAddress, $0.count, &count)) }
    }

    /// What has arrived by now.
    func receive() -> String {
        var text: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 32_768)
        while true {
            var count = 0
            let code = unsafe room.withUnsafeMutableBytes {
                unsafe SSL_read_ex(session, $0.baseAddress, $0.count, &count)
            }
            guard code == 1 else { break }
            text += room[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }

    func sayGoodbye() { unsafe _ = SSL_shutdown(session) }
    var sawGoodbye: Bool { unsafe SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN != 0 }
    var version: String { unsafe String(cString: SSL_get_version(session)) }

    /// The serial number of the server's certificate.
    var serial: String {
        let certificate = unsafe SSL_get1_peer_certificate(session)
        defer { unsafe X509_free(certificate) }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { room in
            guard let start = room.baseAddress else { return "" }
            unsafe copenssl_serial(certificate, start, room.count)
            return unsafe String(cString: start)
        }
    }

    private func step(_ code: Int32) -> Step {
        if code == 1 { return .done }
        let error = unsafe SSL_get_error(session, code)
        ERR_clear_error()
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? .wants : .failed
    }
}
