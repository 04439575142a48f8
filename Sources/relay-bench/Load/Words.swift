/// What the reader of stamps does for every message. The function of RelayProtocol that does the same for any integer
/// is not specialised across the wall between rooms, and takes ten times as long when it is called from here.
extension RawSpan {
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    func halfWord(at offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
