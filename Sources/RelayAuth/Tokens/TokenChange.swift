/// News about tokens, from whoever stores them to whoever decides by them.
package enum TokenChange: Sendable, Equatable {
    /// All there are. Comes first, and whenever single changes may have been missed.
    case reset([TokenRecord], denied: [TokenDigest: UnixTime])
    /// New, extended or otherwise changed.
    case stored(TokenRecord)
    case removed(TokenDigest)
    /// A signed token that shall not count any more; nobody needs to remember it after its end.
    case denied(TokenDigest, until: UnixTime)
    /// The keys that signed tokens may bear from now on.
    case keys(SigningKeys)
}

/// What a change means for the sessions that live by a token.
package enum TokenEffect: Sendable, Equatable {
    /// They go on until then; nil: for ever.
    case extended(TokenDigest, UnixTime?)
    /// They are to be closed: ERROR 302, close 1008.
    case ended(TokenDigest)
    /// So are those whose tokens bear the signature of one of these keys.
    case disowned(Set<String>)
}
