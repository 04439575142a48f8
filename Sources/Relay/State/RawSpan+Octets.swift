extension RawSpan {
    /// The same bytes, typed.
    var octets: Span<UInt8> {
        @_lifetime(copy self)
        @inline(__always)
        get { Span(_bytes: self) }
    }
}
