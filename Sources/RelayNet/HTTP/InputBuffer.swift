/// Received bytes that have not been understood yet: appended behind, taken from the front.
///
/// Holds memory only while it holds bytes, because most connections of a port are idle.
struct InputBuffer {
    private var octets: [UInt8] = []
    private var start = 0

    var count: Int { octets.count - start }
    var isEmpty: Bool { count == 0 }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { octets.octetSpan.extracting(start..<octets.count) }
    }

    mutating func append(_ bytes: RawSpan) {
        octets.append(contentsOf: bytes.octets(0..<bytes.byteCount))
    }

    /// Takes `taken` bytes away. What remains moves to the front only now and then, so that many small requests in one
    /// read do not cost a move each.
    mutating func consume(_ taken: Int) {
        start += taken
        if start == octets.count {
            octets = []
            start = 0
        } else if start > 32_768 {
            octets.removeFirst(start)
            start = 0
        }
    }
}
