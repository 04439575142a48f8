import Glibc

/// Standard input, line by line, with bounded memory: of a line beyond the limit nothing is kept but that it was there.
struct LineInput {
    enum Line: Equatable {
        case text([UInt8])
        case tooLong
    }

    private let limit: Int
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    private var line: [UInt8] = []
    private var isTooLong = false
    private var isOver = false
    /// The input could not be read to its end.
    private(set) var hasFailed = false

    init(limit: Int) {
        self.limit = limit
    }

    /// The lines, without their line feeds, that the next chunk of input brings; nil when there is no more.
    /// The last line of all need not end in a line feed.
    mutating func next() -> [Line]? {
        guard !isOver else { return nil }
        let count = retrying { unsafe read(STDIN_FILENO, &chunk, chunk.count) }
        var lines: [Line] = []
        if count > 0 {
            split(chunk[..<count], into: &lines)
        } else {
            isOver = true
            hasFailed = count < 0
            if !line.isEmpty || isTooLong { finish(into: &lines) }
        }
        return lines
    }

    private mutating func split(_ bytes: ArraySlice<UInt8>, into lines: inout [Line]) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[rest.startIndex..<end])
            finish(into: &lines)
            rest = rest[(end + 1)...]
        }
        keep(rest)
    }

    private mutating func keep(_ part: ArraySlice<UInt8>) {
        if line.count + part.count > limit { isTooLong = true }
        if !isTooLong { line.append(contentsOf: part) }
    }

    private mutating func finish(into lines: inout [Line]) {
        lines.append(isTooLong ? .tooLong : .text(line))
        line.removeAll(keepingCapacity: true)
        isTooLong = false
    }
}
