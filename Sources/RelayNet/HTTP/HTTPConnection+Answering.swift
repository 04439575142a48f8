/// From an answer to bytes: head, content, and what becomes of the connection afterwards. A content that is long is
/// produced piece by piece, as the peer takes it.
extension HTTPConnection {
    func refuseTooLarge(_ request: HTTPRequest, for route: Router.Route, at now: HTTPTime) {
        keepsAlive = false
        guard route.body.tellsHandler else { return respond(HTTPResponse(.contentTooLarge), at: now) }
        var request = request
        request.isTooLarge = true
        run(route, request, at: now)
    }

    /// An answer that needed no content: if some was announced, it will not be read, and so the connection ends.
    func refuseUnread(_ response: HTTPResponse, _ head: RequestHead, at now: HTTPTime) {
        if head.framing != .none { keepsAlive = false }
        respond(response, at: now)
    }

    func refuseCurrent(_ response: HTTPResponse, at now: HTTPTime) {
        keepsAlive = false
        respond(response, at: now)
    }

    /// Ends the connection with a status when there is no request to answer, or no trusting where the next one starts.
    func refuse(_ status: HTTPStatus, at now: HTTPTime) {
        refuseCurrent(HTTPResponse(status), at: now)
    }

    func respond(_ response: HTTPResponse, at now: HTTPTime) {
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
    func pump(at now: HTTPTime) {
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

    func write(_ octets: [UInt8]) {
        unsent += octets.count
        site.counters.bytesOut += octets.count
        if output.isEmpty { output = octets } else { output += octets }
    }
}
