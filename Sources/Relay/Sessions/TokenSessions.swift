import RelayAuth

/// Which sessions live by which token, and how many a user has.
struct TokenSessions {
    private var byToken: [TokenDigest: [SessionIndex]] = [:]
    private var byUser: [Subject: Int] = [:]

    func sessions(of token: TokenDigest) -> [SessionIndex] { byToken[token] ?? [] }

    func count(of user: Subject) -> Int { byUser[user] ?? 0 }

    mutating func add(_ session: SessionIndex, _ token: TokenDigest?, _ user: Subject?) {
        if let token { byToken[token, default: []].append(session) }
        if let user { byUser[user, default: 0] += 1 }
    }

    mutating func remove(_ session: SessionIndex, _ token: TokenDigest?, _ user: Subject?) {
        if let token {
            byToken[token]?.removeAll { $0 == session }
            if byToken[token]?.isEmpty == true { byToken[token] = nil }
        }
        if let user, let count = byUser[user] { byUser[user] = count > 1 ? count - 1 : nil }
    }
}
