/// From an accepted connection to an open WebSocket.
extension EventLoop {
    /// Reads the upgrade request in the first `count` bytes of the read buffer; answers how much of them it took.
    func greet<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ count: Int, _ handler: inout Handler
    ) -> Int {
        guard let greeting = unsafe slot.pointee.greeting else { return count }
        let bytes = unsafe RawSpan(_unsafeStart: readBuffer, byteCount: count)
        switch greeting.parser.parse(bytes) {
        case .needMore:
            guard count > greeting.maxBytes else { return 0 }
            unsafe turnAway(slot, Handshake.refuse(.headerFieldsTooLarge))
            return count
        case .failure(let status):
            unsafe turnAway(slot, Handshake.refuse(status))
            return count
        case .head(let head, let consumed):
            if let plainRequests, !Handshake.isAsked(by: head) {
                unsafe plainRequests.board(raw: detach(slot, unread: bytes))
                return count
            }
            let terms = Handshake.Terms(subprotocol: subprotocol, compression: compression, origins: originPolicy)
            let decision = Handshake.decide(head, under: terms)
            guard case .accept(let response, let agreed, let agreement) = decision else {
                unsafe turnAway(slot, decision)
                return count
            }
            let client = unsafe proxies.client(
                of: head, peer: slot.pointee.address.ip, isEncrypted: slot.pointee.transport != nil)
            if let limit = limits.maxPerClient, let key = client.limitKey {
                guard clients.enter(key, limit: limit) else {
                    tally.refusedPerClient &+= 1
                    unsafe turnAway(slot, Handshake.refuse(.serviceUnavailable))
                    return count
                }
                unsafe slot.pointee.flags.insert(.counted)
            }
            unsafe slot.pointee.address = PeerAddress(ip: client.address, port: slot.pointee.address.port)
            tally.opened &+= 1
            unsafe slot.pointee.greeting = nil
            unsafe slot.pointee.deflate = agreement.map { DeflateSession($0, sharing: codec) }
            unsafe queueBytes(response.span.bytes, on: slot)
            unsafe slot.pointee.flags.insert(.announced)
            unsafe enter(.open, slot)
            let upgrade = Upgrade(
                head: head, client: client, subprotocol: agreed, isCompressed: agreement != nil)
            handler.opened(connection, upgrade, on: self)
            return consumed
        }
    }

    private func turnAway(_ slot: ConnectionPointer, _ decision: Handshake.Decision) {
        switch decision {
        case .accept: return
        case .probe(let response):
            tally.probes &+= 1
            unsafe queueBytes(response.span.bytes, on: slot)
        case .refuse(let status, let response):
            if status == .forbidden { tally.refusedOrigin &+= 1 } else { tally.refusedHandshake &+= 1 }
            unsafe queueBytes(response.span.bytes, on: slot)
        }
        unsafe slot.pointee.greeting = nil
        // Counted per client only once it is a WebSocket, which this one will not become.
        unsafe slot.pointee.role = .bytes
        unsafe finishSending(slot)
    }
}
