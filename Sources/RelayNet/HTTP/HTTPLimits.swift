/// Every bound of the HTTP/1.1 server with its reason. Nothing a peer sends can make it hold more than these allow.
package struct HTTPLimits: Sendable {
    /// Method, target and version with the line end; beyond it 414. Browsers stop near 2,000 bytes, proxies near 8 KiB.
    package var maxRequestLineBytes = 8_192
    /// All header fields of one request (or its trailers) with their line ends; beyond it 431.
    package var maxHeaderBytes = 16_384
    /// Fields of one request; beyond it 431. A browser behind two proxies sends about thirty.
    package var maxHeaderFields = 100
    /// Content of one request when its route names no bound of its own; beyond it 413.
    package var maxBodyBytes = 16_384
    /// One line that announces a chunk, extensions included; beyond it 400. The size alone needs at most 16 digits.
    package var maxChunkLineBytes = 256
    /// From accept, or from the first byte of a later request, to the end of its head; then 408.
    package var headTimeout: Duration = .seconds(10)
    /// From the end of the head to the end of the content; then 408.
    package var bodyTimeout: Duration = .seconds(10)
    /// Between two requests of one connection; then it is closed without a word.
    package var idleTimeout: Duration = .seconds(60)
    /// For the peer to take the `maxOutputBytes` of a streamed response that wait at a time; then it is cut off.
    package var stallTimeout: Duration = .seconds(30)
    /// For a handler that answers later; then 503.
    package var handlerTimeout: Duration = .seconds(30)
    /// Requests on one connection before it is closed, so that a balancer can move its clients.
    package var maxRequestsPerConnection = 10_000
    /// Open connections of the port; beyond it 503. An idle one costs about 1.5 KiB, so there is room for slow ones.
    package var maxConnections = 4_096
    /// Open connections of one client address, or of one /64 of IPv6; beyond it 503. Direct loopback is exempt.
    package var maxConnectionsPerClient = 50
    /// Response bytes that are ready but not yet taken by the socket; more is produced as these drain.
    package var maxOutputBytes = 65_536

    package init() {}
}
