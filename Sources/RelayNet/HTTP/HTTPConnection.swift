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

    private enum Stage {
        case head
        case body(BodyDecoder, Router.Route, HTTPRequest)
        case calling(serial: UInt64)
        case sending(any HTTPBodySource, ResponseEncoder.Delimiter, remaining: Int)
    }

    private let site: HTTPSite
    private let peer: IPAddress?
    private let isEncrypted: Bool
    private var stage = Stage.head
    private var parser: RequestParser
    private var input = InputBuffer()
    private var inputEnded = false
    private var requests = 0
    private var serial: UInt64 = 0
    private var current: RequestHead?
    private var client: ClientAddress?
    private var countedAs: IPAddress?
    private var startedAt: UInt64 = 0
    private var keepsAlive = true
    /// Written since the socket was last known to be empty.
    private var unsent = 0

    private(set) var output: [UInt8] = []
    private(set) var end: End?
    private(set) var call: Call?
    /// In monotonic milliseconds.
    private(set) var deadline: UInt64

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
        switch stage {
        case .head, .body: !isOutputFull
        case .calling, .sending: input.count < site.limits.maxRequestLineBytes
        }
    }

    private var isOutputFull: Bool { unsent >= site.limits.maxOutputBytes }

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

    /// The server closes: an idle connection now, another one after the answer it owes.
    func close() {
        keepsAlive = false
        if case .head = stage, input.isEmpty { end = end ?? .finish }
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
        site.counters.refusedConnections += 1
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
        while end == nil, !isOutputFull {
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
            site.counters.refusedConnections += 1
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

    private func run(_ route: Router.Route, _ request: HTTPRequest, at now: HTTPTime) {
        switch route.handler {
        case .now(let answer): respond(answer(request), at: now)
        case .later(let answer):
            serial += 1
            stage = .calling(serial: serial)
            deadline = now.after(site.limits.handlerTimeout)
            call = Call(serial: serial, request: request, answer: answer)
        }
    }

    // MARK: Answers

    private func refuseTooLarge(_ request: HTTPRequest, for route: Router.Route, at now: HTTPTime) {
        keepsAlive = false
        guard route.body.tellsHandler else { return respond(HTTPResponse(.contentTooLarge), at: now) }
        var request = request
        request.isTooLarge = true
        run(route, request, at: now)
    }

    /// An answer that needed no content: if some was announced, it will not be read, and so the connection ends.
    private func refuseUnread(_ response: HTTPResponse, _ head: RequestHead, at now: HTTPTime) {
        if head.framing != .none { keepsAlive = false }
        respond(response, at: now)
    }

    private func refuseCurrent(_ response: HTTPResponse, at now: HTTPTime) {
        keepsAlive = false
        respond(response, at: now)
    }

    /// Ends the connection with a status when there is no request to answer, or no trusting where the next one starts.
    private func refuse(_ status: HTTPStatus, at now: HTTPTime) {
        refuseCurrent(HTTPResponse(status), at: now)
    }

    private func respond(_ response: HTTPResponse, at now: HTTPTime) {
        call = nil
        let response = current.map { site.router.finished(response, to: $0) } ?? response
        if response.closes || site.isClosing { keepsAlive = false }
        var head: [UInt8] = []
        let delimiter = site.encoder.writeHead(
            response, to: current?.version ?? .http11, keepsAlive: keepsAlive, at: now.unixSeconds, into: &head)
        if delimiter == .close { keepsAlive = false }
        site.counters.responses[min(max(response.status.code / 100, 0), 5)] += 1
        site.observe?(
            HTTPExchange(
                client: client, head: current, status: response.status, milliseconds: now.ticks &- startedAt))
        // HEAD is told what GET would be, without the content (RFC 9110 §9.3.2).
        let hasContent = delimiter != .nothing && current?.method != .head
        guard hasContent else {
            write(head)
            return finishResponse(at: now)
        }
        switch response.content {
        case .none:
            write(head)
            finishResponse(at: now)
        case .octets(let octets) where octets.count <= site.limits.maxOutputBytes:
            write(head + octets)
            finishResponse(at: now)
        case .octets(let octets):
            write(head)
            stage = .sending(OctetContent(octets), delimiter, remaining: octets.count)
            pump(at: now)
        case .stream(let source, let length):
            write(head)
            stage = .sending(source, delimiter, remaining: length ?? Int.max)
            pump(at: now)
        }
    }

    /// Produces content until enough of it waits.
    private func pump(at now: HTTPTime) {
        guard case .sending(var source, let delimiter, var remaining) = stage else { return }
        deadline = now.after(site.limits.stallTimeout)
        while remaining > 0, !isOutputFull {
            guard let piece = source.next(upTo: min(remaining, 65_536)), piece.count <= remaining else {
                end = .abort
                return
            }
            if piece.isEmpty { break }
            remaining -= piece.count
            if delimiter == .chunks {
                var framed: [UInt8] = []
                framed.reserveCapacity(piece.count + 20)
                ResponseEncoder.writeChunk(piece, into: &framed)
                write(framed)
            } else {
                write(piece)
            }
        }
        if case .length = delimiter, remaining > 0, !isOutputFull {
            // The source ended before the length it had announced.
            end = .abort
        } else if remaining == 0 || !isOutputFull {
            if delimiter == .chunks { write(ResponseEncoder.lastChunk) }
            finishResponse(at: now)
        } else {
            stage = .sending(source, delimiter, remaining: remaining)
        }
    }

    private func finishResponse(at now: HTTPTime) {
        current = nil
        stage = .head
        if !keepsAlive { end = .finish }
        deadline = now.after(input.isEmpty ? site.limits.idleTimeout : site.limits.headTimeout)
        startedAt = now.ticks
    }

    private func write(_ octets: [UInt8]) {
        unsent += octets.count
        site.counters.bytesOut += octets.count
        if output.isEmpty { output = octets } else { output += octets }
    }
}
