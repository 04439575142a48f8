/// Bytes that are appended at the end and taken from the front; owns memory only while it holds some.
///
/// Grows by doubling, so appending many small pieces costs linear time.
@safe
struct ByteQueue: ~Copyable {
    private var storage: UnsafeMutableRawPointer?
    private var head: UInt32 = 0
    private var tail: UInt32 = 0
    private var capacity: UInt32 = 0

    init() {}

    deinit {
        unsafe storage?.deallocate()
    }

    var count: Int { Int(tail - head) }
    var isEmpty: Bool { tail == head }

    /// What is held, in order.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
        }
    }

    /// For system calls and zlib; not to be kept.
    var buffer: UnsafeRawBufferPointer {
        guard let storage = unsafe storage else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        return unsafe UnsafeRawBufferPointer(start: storage + Int(head), count: count)
    }

    mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        let target = unsafe room(for: bytes.count)
        unsafe target.copyMemory(from: source, byteCount: bytes.count)
        tail += UInt32(bytes.count)
    }

    /// Space behind the end that the caller fills; `added` makes it part of the queue.
    mutating func room(for more: Int) -> UnsafeMutableRawPointer {
        if let storage = unsafe storage, Int(tail) + more <= Int(capacity) { return unsafe storage + Int(tail) }
        let held = count
        precondition(more <= 1 << 30 && held <= 1 << 30, "a queue holds at most 1 GiB; its owner bounds it far below")
        if let storage = unsafe storage, held + more <= Int(capacity), Int(head) >= held {
            unsafe storage.copyMemory(from: storage + Int(head), byteCount: held)
        } else {
            var wanted = max(256, Int(capacity))
            while wanted < held + more { wanted *= 2 }
            let grown = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
            if let storage = unsafe storage {
                unsafe grown.copyMemory(from: storage + Int(head), byteCount: held)
                unsafe storage.deallocate()
            }
            unsafe storage = grown
            capacity = UInt32(wanted)
        }
        head = 0
        tail = UInt32(held)
        guard let storage = unsafe storage else { preconditionFailure("a queue that grew has storage") }
        return unsafe storage + held
    }

    mutating func added(_ count: Int) {
        precondition(count >= 0 && Int(tail) + count <= Int(capacity), "only room that was asked for can be filled")
        tail += UInt32(count)
    }

    /// Drops bytes from the front; an empty queue gives its memory back.
    mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "only what is held can be consumed")
        head += UInt32(count)
        if isEmpty { reset() }
    }

    mutating func removeLast(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "only what is held can be removed")
        tail -= UInt32(count)
    }

    mutating func reset() {
        unsafe storage?.deallocate()
        unsafe storage = nil
        head = 0
        tail = 0
        capacity = 0
    }
}
