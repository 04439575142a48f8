import RelayProtocol

/// All params, found by the number of their address.
///
/// In chunks of copy-on-write arrays: a checkpoint takes the chunks as they are and encodes them at leisure, while a
/// write copies only the one chunk that it touches.
struct ParamStore: Sendable {
    static let chunkSize = 256

    private(set) var chunks: [[Param]] = []
    /// How many params there are.
    private(set) var count = 0
    /// Bytes of the values that are kept as arrays.
    private(set) var valueBytes = 0

    init() {}

    subscript(id: AddressID) -> Param? {
        @inline(__always)
        get {
            let index = Int(id)
            guard index >= 0, index / Self.chunkSize < chunks.count else { return nil }
            let param = chunks[index / Self.chunkSize][index % Self.chunkSize]
            return param.exists ? param : nil
        }
    }

    /// Everything but the value.
    @inline(__always)
    func standing(_ id: AddressID) -> ParamStanding? {
        let index = Int(id)
        guard index >= 0, index / Self.chunkSize < chunks.count else { return nil }
        let standing = chunks[index / Self.chunkSize][index % Self.chunkSize].standing
        return standing.exists ? standing : nil
    }

    /// Whether something is stored there that is not null.
    func isPresent(_ id: AddressID) -> Bool { self[id].map { !$0.value.isNull } ?? false }

    /// Puts a param in place of what was there.
    mutating func replace(_ id: AddressID, with param: Param) {
        let (chunk, place) = makePlace(id)
        let wasThere = chunks[chunk][place].exists
        valueBytes += param.value.heapBytes - chunks[chunk][place].value.heapBytes
        chunks[chunk][place] = param
        count += (param.exists ? 1 : 0) - (wasThere ? 1 : 0)
    }

    /// The same for a value that stands in a message: its bytes are copied to where the old ones were, if they are as
    /// many.
    @inline(__always)
    mutating func replace(_ id: AddressID, with standing: ParamStanding, _ value: ValueReference, in payload: RawSpan) {
        let (chunk, place) = makePlace(id)
        if !chunks[chunk][place].exists { count &+= 1 }
        chunks[chunk][place].standing = standing
        valueBytes &+= chunks[chunk][place].value.replace(with: value, in: payload)
    }

    @inline(__always)
    private mutating func makePlace(_ id: AddressID) -> (chunk: Int, place: Int) {
        let index = Int(id)
        while index / Self.chunkSize >= chunks.count {
            chunks.append([Param](repeating: Param(), count: Self.chunkSize))
        }
        return (index / Self.chunkSize, index % Self.chunkSize)
    }

    mutating func remove(_ id: AddressID) {
        guard self[id] != nil else { return }
        replace(id, with: Param())
    }

    /// Frees the lock of a session that is gone.
    mutating func unlock(_ id: AddressID) {
        guard self[id] != nil else { return }
        chunks[Int(id) / Self.chunkSize][Int(id) % Self.chunkSize].standing.lockHolder = -1
    }
}
