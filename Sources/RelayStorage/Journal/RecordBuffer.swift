/// Records, one behind the other, in memory that is made ready some kilobytes ahead: so a record is a handful of stores
/// instead of a handful of appends.
struct RecordBuffer: Sendable {
    /// Ready up to its end, written up to `count`.
    private var memory: [UInt8] = []
    private(set) var count = 0

    /// Appended as a whole: element by element it would be half of the time that unoptimized tests take.
    private static let block = [UInt8](repeating: 0, count: 4_096)

    /// Writes `size` bytes behind what is there; `fill` must write all of them.
    @inline(__always)
    mutating func append(_ size: Int, _ fill: (inout RecordWriter) -> Void) {
        if memory.count &- count < size { makeReady(size) }
        let start = count
        unsafe memory.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var writer = unsafe RecordWriter(base + start, size)
            fill(&writer)
            precondition(writer.left == 0, "a record is as long as was said")
        }
        count &+= size
    }

    private mutating func makeReady(_ size: Int) {
        repeat { memory.append(contentsOf: Self.block) } while memory.count &- count < size
    }

    mutating func put(_ value: some FixedWidthInteger & UnsignedInteger & BitwiseCopyable, at offset: Int) {
        memory.putBigEndian(value, at: offset)
    }

    /// Gives the bytes away and goes on with `spare`, whose content is of no interest.
    mutating func exchange(_ spare: inout [UInt8]) {
        memory.removeLast(memory.count - count)
        swap(&memory, &spare)
        count = 0
    }

    mutating func clear() { count = 0 }

    var bytes: ArraySlice<UInt8> { memory[..<count] }
}

/// Stores into memory that `RecordBuffer` has measured out. What would be too much is not written, and then the record
/// is not as long as was said.
@safe
struct RecordWriter {
    private var next: UnsafeMutableRawPointer
    private(set) var left: Int

    init(_ start: UnsafeMutableRawPointer, _ size: Int) {
        unsafe next = start
        left = size
    }

    @inline(__always)
    mutating func put<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
        let size = MemoryLayout<Integer>.size
        guard left >= size else { return }
        unsafe next.storeBytes(of: value.bigEndian, as: Integer.self)
        unsafe next += size
        left &-= size
    }

    @inline(__always)
    mutating func put(_ bytes: Span<UInt8>) {
        let size = bytes.count
        guard size > 0, left >= size else { return }
        unsafe bytes.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { unsafe next.copyMemory(from: base, byteCount: size) }
        }
        unsafe next += size
        left &-= size
    }
}
