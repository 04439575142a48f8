import RelayProtocol

/// What the application's rules ask about the state. A param whose time is over is nothing; a stored null is something.
extension Hub: StateLookup {
    package func withValue<Answer>(at address: RawSpan, _ body: (ValueBytes?) -> Answer) -> Answer {
        guard let id = addresses.find(address), let param = params[id], !param.isExpired(at: now.uptime) else {
            return body(nil)
        }
        // Rules look into maps, and ask whether something is null; of a number they need no digits.
        guard case .encoded(let bytes) = param.value else {
            return body(ValueBytes(type: param.value.type, data: RawSpan()))
        }
        return body(ValueBytes(encoded: bytes.rawSpan))
    }
}
