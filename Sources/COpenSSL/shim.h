// OpenSSL spells much of its interface as macros, which Swift cannot import: each one that is needed
// becomes an inline function over plain integers here.
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>

// MARK: A socket BIO that raises no SIGPIPE. OpenSSL's own writes with write(2).

static inline int copenssl_socket_of(BIO *bio) { return (int)(intptr_t)BIO_get_data(bio); }

static inline int copenssl_bio_write(BIO *bio, const char *bytes, int count) {
    ssize_t sent;
    BIO_clear_retry_flags(bio);
    do sent = send(copenssl_socket_of(bio), bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
    return (int)sent;
}

static inline int copenssl_bio_read(BIO *bio, char *bytes, int count) {
    ssize_t taken;
    BIO_clear_retry_flags(bio);
    do taken = recv(copenssl_socket_of(bio), bytes, count, MSG_DONTWAIT);
    while (taken < 0 && errno == EINTR);
    if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
    return (int)taken;
}

static inline long copenssl_bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static inline int copenssl_bio_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

/// Made once for the process and never freed.
static inline BIO_METHOD *copenssl_socket_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (!method) return NULL;
    BIO_meth_set_write(method, copenssl_bio_write);
    BIO_meth_set_read(method, copenssl_bio_read);
    BIO_meth_set_ctrl(method, copenssl_bio_control);
    BIO_meth_set_create(method, copenssl_bio_create);
    return method;
}

/// Lets the session read and write a non-blocking socket, which stays the caller's to close.
static inline int copenssl_attach(SSL *session, const BIO_METHOD *method, int descriptor) {
    BIO *bio = BIO_new(method);
    if (!bio) return 0;
    BIO_set_data(bio, (void *)(intptr_t)descriptor);
    SSL_set_bio(session, bio, bio);
    return 1;
}

// MARK: The rules of a server

/// The server speaks HTTP/1.1 and the WebSocket that grows out of it; a client that offers neither by name gets no
/// extension (RFC 7301 §3.2 would permit an alert, but old clients send odd lists).
static inline int copenssl_select_protocol(
    SSL *session, const unsigned char **chosen, unsigned char *length, const unsigned char *offered,
    unsigned int count, void *unused
) {
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *found;
    (void)session;
    (void)unused;
    if (SSL_select_next_proto(&found, length, ours, sizeof ours - 1, offered, count) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/// A key that wants a passphrase is refused: nobody sits at a server's terminal.
static inline int copenssl_no_passphrase(char *text, int room, int writing, void *unused) {
    (void)text;
    (void)room;
    (void)writing;
    (void)unused;
    return 0;
}

/// A context for TLS 1.2 and 1.3 with forward secrecy only; NULL when it cannot be had.
static inline SSL_CTX *copenssl_server_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context) return NULL;
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
                     | SSL_OP_PRIORITIZE_CHACHA);
    // A queue's bytes move in memory between two attempts to send them; idle connections keep no buffers.
    SSL_CTX_set_mode(
        context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context, copenssl_no_passphrase);
    SSL_CTX_set_alpn_select_cb(context, copenssl_select_protocol, NULL);
    if (!SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)
        || !SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20")) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

static inline int copenssl_load_key(SSL_CTX *context, const char *path) {
    return SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM);
}

/// When the context's certificate ends, in Unix seconds; 0 when it has none.
static inline int64_t copenssl_not_after(SSL_CTX *context) {
    X509 *certificate = SSL_CTX_get0_certificate(context);
    ASN1_TIME *epoch = certificate ? ASN1_TIME_set(NULL, 0) : NULL;
    int days = 0, seconds = 0;
    if (epoch && !ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate))) days = seconds = 0;
    ASN1_TIME_free(epoch);
    return (int64_t)days * 86400 + seconds;
}

/// Writes the certificate's serial number in hexadecimal; an empty text when there is none.
static inline void copenssl_serial(const X509 *certificate, char *text, size_t room) {
    text[0] = 0;
    BIGNUM *number = certificate ? ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL) : NULL;
    char *digits = number ? BN_bn2hex(number) : NULL;
    if (digits && strlen(digits) < room) strcpy(text, digits);
    OPENSSL_free(digits);
    BN_free(number);
}

/// OpenSSL's words for the oldest error of this thread; forgets the others.
static inline void copenssl_take_error(char *text, size_t room) {
    ERR_error_string_n(ERR_get_error(), text, room);
    ERR_clear_error();
}
