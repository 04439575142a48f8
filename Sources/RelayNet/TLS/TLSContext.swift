import COpenSSL
import RelayThreads

/// Why a certificate could not be taken into use.
package struct TLSError: Error, Equatable, CustomStringConvertible {
    /// What was tried, such as the path of the file.
    package let subject: String
    package let reason: String

    package var description: String { "\(subject): \(reason)" }

    /// The oldest error OpenSSL noted on this thread.
    static func last(_ subject: String) -> TLSError {
        TLSError(subject: subject, reason: unsafe text { room, count in unsafe copenssl_take_error(room, count) })
    }

    static func text(_ write: (UnsafeMutablePointer<CChar>, Int) -> Void) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { room in
            guard let start = room.baseAddress else { return "" }
            unsafe start.initialize(repeating: 0, count: room.count)
            unsafe write(start, room.count)
            return unsafe String(cString: start)
        }
    }
}

/// The certificate and rules by which a listener's connections are encrypted: TLS 1.2 and 1.3 with forward secrecy.
///
/// Shared by the threads that accept. A reload replaces the certificate for connections to come; those that exist keep
/// the one they began with, because each holds on to its own. A reload that fails changes nothing.
@safe
package final class TLSContext: TransportSource, @unchecked Sendable {
    /// Owns one reference to OpenSSL's context.
    @safe
    private final class Loaded: @unchecked Sendable {
        // OpenSSL counts references atomically and does not change a context that is in use.
        let context: OpaquePointer
        init(_ context: OpaquePointer) { unsafe self.context = context }
        deinit { unsafe SSL_CTX_free(context) }
    }

    private let loaded: Monitor<Loaded>

    /// Reads a chain (own certificate first) and its private key, both as PEM.
    package init(certificate certificatePath: String, key keyPath: String) throws(TLSError) {
        loaded = Monitor(try Self.load(certificatePath, keyPath))
    }

    /// Takes what the files hold now, be they the same ones or others.
    package func use(certificate certificatePath: String, key keyPath: String) throws(TLSError) {
        let fresh = try Self.load(certificatePath, keyPath)
        loaded.withLock { $0 = fresh }
    }

    private static func load(_ certificatePath: String, _ keyPath: String) throws(TLSError) -> Loaded {
        ERR_clear_error()
        guard let context = unsafe copenssl_server_context() else { throw .last("SSL_CTX_new") }
        let fresh = unsafe Loaded(context)
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificatePath) == 1 else {
            throw .last(certificatePath)
        }
        guard unsafe copenssl_load_key(context, keyPath) == 1 else { throw .last(keyPath) }
        guard unsafe SSL_CTX_check_private_key(context) == 1 else { throw .last(keyPath) }
        return fresh
    }

    /// The end of the certificate's validity, in Unix seconds.
    package var notAfter: Int64 { loaded.withLock { unsafe copenssl_not_after($0.context) } }

    /// The certificate's serial number in hexadecimal, to tell which one is in use.
    package var serial: String {
        loaded.withLock { loaded in
            unsafe TLSError.text { room, count in
                unsafe copenssl_serial(SSL_CTX_get0_certificate(loaded.context), room, count)
            }
        }
    }

    package func transport() -> Transport? {
        let session = unsafe loaded.withLock { unsafe SSL_new($0.context) }
        guard let session = unsafe session else { return nil }
        unsafe SSL_set_accept_state(session)
        return unsafe TLSConnection(session)
    }
}
