import CZlib

/// zlib's decompressor for the raw DEFLATE streams of RFC 7692 §7.2.2.
@safe
final class Inflater {
    enum Outcome {
        case done
        case tooLong
        case damaged
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool

    init(windowBits: Int) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // Negative bits mean a raw stream without zlib's own header.
        isReady =
            unsafe inflateInit2_(
                stream, -Int32(windowBits), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { unsafe inflateEnd(stream) }
        unsafe stream.deallocate()
    }

    /// Appends the decompressed message, at most `bound` bytes of it.
    func inflate(
        _ message: RawSpan, into output: inout ByteQueue, atMost bound: Int, keepingContext: Bool
    ) -> Outcome {
        guard isReady else { return .damaged }
        // Some clients' zlib makes no bytes at all of a second empty message in a row.
        guard message.byteCount > 0 else { return .done }
        defer { if !keepingContext { unsafe _ = inflateReset(stream) } }
        let outcome = unsafe message.withUnsafeBytes { unsafe run($0, &output, bound) }
        guard outcome == .done else { return outcome }
        // The sender took the end of its last block off (§7.2.1).
        let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
        return unsafe tail.withUnsafeBytes { unsafe run($0, &output, bound) }
    }

    private func run(_ input: UnsafeRawBufferPointer, _ output: inout ByteQueue, _ bound: Int) -> Outcome {
        guard let start = input.baseAddress, input.count > 0 else { return .done }
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: start.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
        while true {
            // One byte beyond the bound is asked for, so that exceeding it shows.
            let piece = min(max(bound - output.count + 1, 1), 16 * 1024)
            let room = unsafe output.room(for: piece)
            unsafe stream.pointee.next_out = room.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = UInt32(piece)
            let code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
            let produced = unsafe piece - Int(stream.pointee.avail_out)
            output.added(produced)
            if output.count > bound { return .tooLong }
            switch code {
            case Z_OK: break
            // A final block inside a message (§7.2.3.4): the next one begins a new stream.
            case Z_STREAM_END: unsafe _ = inflateReset(stream)
            case Z_BUF_ERROR where produced == 0: return unsafe stream.pointee.avail_in == 0 ? .done : .damaged
            default: return .damaged
            }
            if unsafe stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0 { return .done }
        }
    }
}

/// zlib's compressor for the same.
@safe
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool

    init(windowBits: Int, level: Int32) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // zlib cannot make raw streams for a window of 256 bytes; runs of one byte are the only back references that
        // certainly stay within it.
        let strategy = windowBits < 9 ? Z_RLE : Z_DEFAULT_STRATEGY
        isReady =
            unsafe deflateInit2_(
                stream, level, Z_DEFLATED, -Int32(max(9, windowBits)), 8, strategy, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { unsafe deflateEnd(stream) }
        unsafe stream.deallocate()
    }

    /// Appends the compressed message without the end of its last block (RFC 7692 §7.2.1).
    func deflate(_ message: RawSpan, into output: inout ByteQueue, keepingContext: Bool) -> Bool {
        guard isReady else { return false }
        guard message.byteCount > 0 else {
            // zlib makes nothing of nothing; this is the empty block of §7.2.3.6.
            let empty: [UInt8] = [0x00]
            unsafe output.append(empty.span.bytes)
            return true
        }
        defer { if !keepingContext { unsafe _ = deflateReset(stream) } }
        let isDone = unsafe message.withUnsafeBytes { unsafe run($0, &output) }
        guard isDone, output.count >= 4 else { return false }
        output.removeLast(4)
        return true
    }

    private func run(_ input: UnsafeRawBufferPointer, _ output: inout ByteQueue) -> Bool {
        guard let start = input.baseAddress, input.count <= 1 << 30 else { return false }
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: start.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(input.count)
        repeat {
            let piece = 16 * 1024
            let room = unsafe output.room(for: piece)
            unsafe stream.pointee.next_out = room.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = UInt32(piece)
            let code = unsafe CZlib.deflate(stream, Z_SYNC_FLUSH)
            guard code == Z_OK || code == Z_BUF_ERROR else { return false }
            unsafe output.added(piece - Int(stream.pointee.avail_out))
        } while unsafe stream.pointee.avail_out == 0
        return true
    }
}
