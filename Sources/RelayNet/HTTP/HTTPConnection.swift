/// One HTTP/1.1 connection without its socket: bytes and the time go in; bytes, a deadline and an end come out.
///
/// Requests are answered strictly one after the other, so pipelined answers are in order and a peer holds at most one
/// handler at work. What arrives in between waits, bounded: past `wantsInput` the owner stops reading the socket.
final class HTTPConnection {
    enum End: Equatable {
        /// Nothing more will come from us: send what waits, then close.
        case finish
        /// Close at once; the peer must see that the answer is not whole.
        case abort
    }

    /// A handler that answers later, to be started by the owner, which hands the answer to `complete`.
    struct Call {
        let serial: UInt64
        let request: HTTPRequest
        let answer: Router.LateAnswer
    }

    enum Stage {
        case head
        case body(BodyDecoder, Router.Route, HTTPRequest)
        case calling(serial: UInt64)
        case sending(any HTTPBodySource, ResponseEncoder.Delimiter, remaining: Int)
    }

    let site: HTTPSite
    private let peer: IPAddress?
    private let isEncrypted: Bool
    var stage = Stage.head
    private var parser: RequestParser
    var input = InputBuffer()
    private var inputEnded = false
    private var requests = 0
    private var serial: UInt64 = 0
    var current: RequestHead?
    var client: ClientAddress?
    private var countedAs: IPAddress?
    var startedAt: UInt64 = 0
    var keepsAlive = true
    /// Written since the socket was last known to be empty.
    var unsent = 0

    var output: [UInt8] = []
    var end: End?
    /// It asks for a WebSocket, which others speak: what has been read and not yet answered stays in `input`.
    private(set) var isLeaving = false
    var call: Call?
    /// In monotonic milliseconds.
    var deadline: UInt64

    init(_ site: HTTPSite, peer: IPAddress?, isEncrypted: Bool = false, at now: HTTPTime) {
        self.site = site
        self.peer = peer
        self.isEncrypted = isEncrypted
        parser = RequestParser(limits: site.limits)
        deadline = now.after(site.limits.headTimeout)
        startedAt = now.ticks
    }

    /// A request that cannot be read yet may wait in full, but not much more of what follows it.
    var wantsInput: Bool {
        if isLeaving { return false }
        return switch stage {
        case .head, .body: !isOutputFull
        case .calling, .sending: input.count < site.limits.maxRequestLineBytes
        }
    }

    var isOutputFull: Bool { unsent >= site.limits.maxOutputBytes }

    /// Whether `drained` must be called once the socket has taken what was sent.
    var awaitsDrain: Bool {
        if case .sending = stage { true } else { isOutputFull && end == nil }
    }

    // MARK: What the owner tells

    func receive(_ bytes: RawSpan, at now: HTTPTime) {
        guard end == nil, bytes.byteCount > 0 else { return }
        input.append(bytes)
        advance(at: now)
    }

    /// The peer will send nothing more, but may still read: what it has asked for is answered.
    func endInput(at now: HTTPTime) {
        inputEnded = true
        advance(at: now)
    }

    /// All output has been taken by the socket.
    func drained(at now: HTTPTime) {
        unsent = 0
        if case .sending = stage { pump(at: now) }
        advance(at: now)
    }

    /// The answer of a `Call`. One that comes too late, or for a connection that has moved on, is dropped.
    func complete(_ serial: UInt64, _ response: HTTPResponse, at now: HTTPTime) {
        guard case .calling(let awaited) = stage, awaited == serial, end == nil else { return }
        respond(response, at: now)
        advance(at: now)
    }

    func checkDeadline(at now: HTTPTime) {
        guard end == nil, now.ticks >= deadline else { return }
        site.counters.timeouts += 1
        switch stage {
        case .head where input.isEmpty: end = .finish
        case .head, .body: refuse(.requestTimeout, at: now)
        case .calling: refuse(.serviceUnavailable, at: now)
        case .sending: end = .abort
        }
    }

    /// The server closes: an idle connection now, another one after the answer it owes. One that has not asked anything
    /// yet has a moment: its request may be on the way, and nobody else will answer it.
    func close(at now: HTTPTime) {
        keepsAlive = false
        guard case .head = stage, input.isEmpty else { return }
        if requests > 0 { end = end ?? .finish } else { deadline = min(deadline, now.after(.seconds(1))) }
    }

    /// The socket is gone, or the owner lets go of the connection.
    func release() {
        if let key = countedAs { site.dismiss(key) }
        countedAs = nil
        end = end ?? .abort
        call = nil
        // A stream holds files; a handler that is still at work must not keep them.
        stage = .head
    }

    /// A connection beyond the port's bound gets an answer and no more.
    func refuseService(at now: HTTPTime) {
        site.counters.refusedFull += 1
        refuse(.serviceUnavailable, at: now)
    }

    func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    func takeCall() -> Call? {
        defer { call = nil }
        return call
    }

    // MARK: Requests

    private func advance(at now: HTTPTime) {
        while end == nil, !isLeaving, !isOutputFull {
            switch stage {
            case .head: guard readHead(at: now) else { return }
            case .body: guard readBody(at: now) else { return }
            case .calling, .sending: return
            }
        }
    }

    /// Answers whether there is more to do.
    private func readHead(at now: HTTPTime) -> Bool {
        let wasInside = parser.isInsideHead
        switch parser.parse(input.bytes) {
        case .needMore:
            if inputEnded {
                end = .finish
            } else if !wasInside, parser.isInsideHead, requests > 0 {
                deadline = now.after(site.limits.headTimeout)
                startedAt = now.ticks
            }
            return false
        case .failure(let status):
            refuse(status, at: now)
            return false
        case .head(let head, _) where site.webSockets != nil && Handshake.isAsked(by: head):
            isLeaving = true
            return false
        case .head(let head, let consumed):
            if !wasInside { startedAt = now.ticks }
            input.consume(consumed)
            begin(head, at: now)
            return true
        }
    }

    private func begin(_ head: RequestHead, at now: HTTPTime) {
        requests += 1
        site.counters.requests += 1
        current = head
        if site.isClosing || !head.keepsAlive || requests >= site.limits.maxRequestsPerConnection { keepsAlive = false }
        let client = site.proxies.client(of: head, peer: peer, isEncrypted: isEncrypted)
        self.client = client
        guard attribute(to: client.limitKey) else {
            site.counters.refusedPerClient += 1
            return refuseCurrent(HTTPResponse(.serviceUnavailable).with("Retry-After", "5"), at: now)
        }
        switch site.router.match(head) {
        case .answer(let response): refuseUnread(response, head, at: now)
        case .files(let files, let path): refuseUnread(files.respond(to: head, path: path), head, at: now)
        case .route(let route, let captures, let path):
            var request = HTTPRequest(head: head, client: client, path: path)
            request.captures = captures
            accept(request, for: route, at: now)
        }
    }

    /// A proxy's connection carries the requests of many clients; it counts for whoever asked last.
    private func attribute(to key: IPAddress?) -> Bool {
        guard key != countedAs else { return true }
        if let known = countedAs { site.dismiss(known) }
        countedAs = nil
        guard let key else { return true }
        guard site.admit(key) else { return false }
        countedAs = key
        return true
    }

    private func accept(_ request: HTTPRequest, for route: Router.Route, at now: HTTPTime) {
        let bound = route.body.maxBytes ?? site.limits.maxBodyBytes
        switch request.head.framing {
        case .none where route.body.isRequired && request.head.value("content-length") == nil:
            respond(HTTPResponse(.lengthRequired), at: now)
        case .none:
            run(route, request, at: now)
        case .length(let length) where length > bound:
            refuseTooLarge(request, for: route, at: now)
        case .length, .chunked:
            stage = .body(BodyDecoder(request.head.framing, maxBytes: bound, limits: site.limits), route, request)
            deadline = now.after(site.limits.bodyTimeout)
            // Not when the content is already under way (RFC 9110 §10.1.1).
            if request.head.expectsContinue, input.isEmpty { write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        }
    }

    private func readBody(at now: HTTPTime) -> Bool {
        guard case .body(var decoder, let route, var request) = stage else { return false }
        // The decoder must not be held twice, or its content would be copied with each piece.
        stage = .head
        let (consumed, outcome) = decoder.decode(input.bytes)
        input.consume(consumed)
        switch outcome {
        case .needMore where inputEnded:
            // Nobody asked this in full, but earlier answers may still be on their way.
            end = .finish
            return false
        case .needMore:
            stage = .body(decoder, route, request)
            return false
        case .complete:
            request.content = decoder.content
            run(route, request, at: now)
        case .failure(.contentTooLarge):
            refuseTooLarge(request, for: route, at: now)
        case .failure(let status):
            refuseCurrent(HTTPResponse(status), at: now)
        }
        return true
    }

    func run(_ route: Router.Route, _ request: HTTPRequest, at now: HTTPTime) {
        switch route.handler {
        case .now(let answer): respond(answer(request), at: now)
        case .later(let answer):
            serial += 1
            stage = .calling(serial: serial)
            deadline = now.after(site.limits.handlerTimeout)
            call = Call(serial: serial, request: request, answer: answer)
        }
    }
}
