/// Every token that may open a session, so that a HELLO is decided without asking anybody.
///
/// A value: the relay's loop has one, the auth service another, and both are fed the same changes. Expired tokens stay
/// until the store forgets them, so that their owners are told what happened.
package struct TokenTable: Sendable {
    private var records: [TokenDigest: TokenRecord] = [:]
    private var denied: [TokenDigest: UnixTime] = [:]
    private var keys = SigningKeys.none
    private var isLoaded = false

    /// Longer texts are no tokens; a signed one with many scopes takes about 2,000 bytes.
    package static let maxTokenBytes = 8_192

    package init() {}

    package var count: Int { records.count }

    // MARK: Deciding

    package func decide(_ token: some Collection<UInt8>, at now: UnixTime) -> TokenDecision {
        if token.isEmpty { return .refused(.missing) }
        guard isLoaded else { return .refused(.notReady) }
        guard token.count <= Self.maxTokenBytes else { return .refused(.foreign) }
        let token = Array(token)
        let digest = TokenDigest(of: token)
        if let record = records[digest] {
            return record.isExpired(at: now) ? .refused(.expired) : .granted(TokenGrant(record))
        }
        if token.starts(with: Secret.tokenPrefix.utf8) { return .refused(.unknown) }
        guard !keys.isEmpty, SignedToken.looksLikeOne(token) else { return .refused(.foreign) }
        return decideSigned(token, at: now)
    }

    package func decide(_ token: String, at now: UnixTime) -> TokenDecision { decide(token.utf8, at: now) }

    private func decideSigned(_ token: [UInt8], at now: UnixTime) -> TokenDecision {
        do throws(SignedTokenFault) {
            let signed = try SignedToken(token, by: keys, at: now)
            guard denied[signed.digest] == nil else { throw SignedTokenFault.revoked }
            return .granted(signed.grant)
        } catch {
            return .refused(error == .expired ? .expired : .refused(error))
        }
    }

    // MARK: Learning

    /// Takes changes in, in order, and says what they mean for living sessions.
    package mutating func apply(_ changes: [TokenChange]) -> [TokenEffect] {
        var effects: [TokenEffect] = []
        for change in changes {
            switch change {
            case .reset(let all, let denied): reset(all, denied, &effects)
            case .stored(let record): store(record, &effects)
            case .removed(let digest):
                if records.removeValue(forKey: digest) != nil { effects.append(.ended(digest)) }
            case .denied(let digest, let end):
                denied[digest] = end
                effects.append(.ended(digest))
            case .keys(let new):
                let gone = keys.names(notIn: new)
                keys = new
                if !gone.isEmpty { effects.append(.disowned(gone)) }
            }
        }
        return effects
    }

    private mutating func reset(
        _ all: [TokenRecord], _ denied: [TokenDigest: UnixTime], _ effects: inout [TokenEffect]
    ) {
        let known = records
        records = Dictionary(all.map { ($0.digest, $0) }, uniquingKeysWith: { _, last in last })
        // The operator's own is in no store, so none can have forgotten it.
        for (digest, record) in known where record.kind == .admin { records[digest] = record }
        for digest in known.keys where records[digest] == nil { effects.append(.ended(digest)) }
        for (digest, record) in records {
            if let before = known[digest], before.expiry != record.expiry {
                effects.append(.extended(digest, record.expiry))
            }
        }
        for digest in denied.keys where self.denied[digest] == nil { effects.append(.ended(digest)) }
        self.denied = denied
        isLoaded = true
    }

    private mutating func store(_ record: TokenRecord, _ effects: inout [TokenEffect]) {
        let before = records.updateValue(record, forKey: record.digest)
        if let before, before.expiry != record.expiry { effects.append(.extended(record.digest, record.expiry)) }
    }
}

extension TokenGrant {
    init(_ record: TokenRecord) {
        self.init(
            digest: record.digest, kind: record.kind, subject: record.subject, name: record.name,
            scopes: record.scopes.list, created: record.created, expiry: record.expiry)
    }
}
