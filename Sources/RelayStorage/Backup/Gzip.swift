internal import CZlib

/// zlib as a filter for a stream of gzip data, one way or the other. Owns its stream; belongs to one thread.
@safe final class Gzip {
    enum Direction { case compress, decompress }

    private let stream: UnsafeMutablePointer<z_stream>
    private let direction: Direction
    private let isReady: Bool
    /// The gzip trailer has been written, or read and found right.
    private(set) var isAtEnd = false

    private static let pieceBytes = 256 << 10
    /// The largest window, with gzip's head and trailer around it.
    private static let windowBits: Int32 = 15 + 16

    init(_ direction: Direction) {
        self.direction = direction
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        let code: Int32
        switch direction {
        case .compress:
            code = unsafe deflateInit2_(
                stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, Self.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        case .decompress:
            code = unsafe inflateInit2_(stream, Self.windowBits, ZLIB_VERSION, size)
        }
        isReady = code == Z_OK
    }

    deinit {
        if isReady {
            switch direction {
            case .compress: unsafe _ = deflateEnd(stream)
            case .decompress: unsafe _ = inflateEnd(stream)
            }
        }
        unsafe stream.deallocate()
    }

    /// Passes bytes through, in pieces that are handed on. False for what is no gzip data, or follows its end.
    /// `isLast`: nothing more comes, so a compressor writes its end.
    func pass<Failure: Error>(
        _ input: [UInt8], isLast: Bool = false, to sink: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        guard isReady, input.count <= 1 << 30 else { return false }
        if isAtEnd { return input.isEmpty }
        var taken = 0
        while true {
            var code = Z_OK
            var used = 0
            let output = unsafe input.withUnsafeBufferPointer { bytes in
                unsafe step(bytes, from: taken, isLast: isLast, &code, &used)
            }
            taken += used
            if !output.isEmpty { try sink(output) }
            switch code {
            case Z_STREAM_END:
                isAtEnd = true
                return taken == input.count
            case Z_OK, Z_BUF_ERROR: break
            default: return false
            }
            // A piece that was not filled means that nothing more can be had from this input.
            if output.count < Self.pieceBytes { return direction == .decompress || !isLast }
        }
    }

    private func step(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isLast: Bool, _ code: inout Int32, _ used: inout Int
    ) -> [UInt8] {
        var result = Z_OK
        var left: UInt32 = 0
        let output = [UInt8](capacity: Self.pieceBytes) { output in
            unsafe output.withUnsafeMutableBufferPointer { pointer, initialized in
                unsafe stream.pointee.next_in = bytes.baseAddress.map {
                    unsafe UnsafeMutablePointer(mutating: $0 + start)
                }
                unsafe stream.pointee.avail_in = UInt32(bytes.count - start)
                unsafe stream.pointee.next_out = pointer.baseAddress
                unsafe stream.pointee.avail_out = UInt32(Self.pieceBytes)
                switch direction {
                case .compress: unsafe result = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                case .decompress: unsafe result = inflate(stream, Z_NO_FLUSH)
                }
                unsafe left = stream.pointee.avail_in
                unsafe initialized = Self.pieceBytes - Int(stream.pointee.avail_out)
            }
        }
        code = result
        used = bytes.count - start - Int(left)
        return output
    }
}
