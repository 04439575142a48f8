import Glibc
import RelayStorage
import RelayTestKit
import RelayThreads
import Synchronization

/// A disk in memory that remembers what was synced, can fail at a chosen call, and can be looked at after a crash.
final class SimulatedDisk: FileSystem {
    enum Call: Hashable {
        case open, read, write, fsync, fdatasync, rename, link, remove, syncDirectory
        /// fsync or fdatasync.
        case sync
    }

    enum Fault: Sendable {
        case error(Int32)
        /// Takes one byte and says so.
        case short
    }

    /// What happens at the n-th call of a kind (from 1).
    struct Plan: Sendable {
        var call: Call
        var at: Int
        var fault: Fault
        /// Also every later call of the kind.
        var persists = false
    }

    private struct Node: Sendable {
        var content: [UInt8] = []
        var synced: [UInt8] = []
    }

    private struct State: Sendable {
        var nodes: [Int: Node] = [:]
        var names: [String: Int] = [:]
        /// The names as they are on the disk, and what has happened to them since, in order.
        var durableNames: [String: Int] = [:]
        var pendingNames: [(name: String, node: Int?)] = []
        var open: [Int32: (node: Int, offset: Int)] = [:]
        var nextNode = 1
        var nextDescriptor: Int32 = 3
        var locked: [Int32: Int] = [:]
        var counts: [Call: Int] = [:]
        var plan: Plan?
        var fired = 0
        var space = DiskSpace(total: 1 << 40, available: 1 << 39)
        /// Bytes that may still be written before the disk is full.
        var room = Int.max
    }

    private let state: Monitor<State>
    private let stalled = Monitor<String?>(nil)
    /// Microseconds that every write takes.
    private let slowness = Atomic<UInt32>(0)

    init() { state = Monitor(State()) }

    private init(_ initial: State) { state = Monitor(initial) }

    // MARK: What tests do to it

    func fail(_ plan: Plan?) {
        state.withLock {
            $0.plan = plan
            $0.counts = [:]
        }
    }

    /// Makes every write below a path wait until it is let go.
    func stall(_ path: String?) { stalled.change { $0 = path } }

    func slowDown(to microseconds: UInt32) { slowness.store(microseconds, ordering: .relaxed) }

    /// How often the plan has struck.
    var fired: Int { state.withLock { $0.fired } }

    var room: Int {
        get { state.withLock { $0.room } }
        set { state.withLock { $0.room = newValue } }
    }

    var reportedSpace: DiskSpace {
        get { state.withLock { $0.space } }
        set { state.withLock { $0.space = newValue } }
    }

    subscript(path: String) -> [UInt8]? {
        get { state.withLock { state in state.names[path].flatMap { state.nodes[$0]?.content } } }
        set {
            state.withLock { state in
                guard let newValue else {
                    state.names[path] = nil
                    state.durableNames[path] = nil
                    return
                }
                let node = state.nextNode
                state.nextNode += 1
                state.nodes[node] = Node(content: newValue, synced: newValue)
                state.names[path] = node
                state.durableNames[path] = node
            }
        }
    }

    /// Every file with its content.
    var files: [String: [UInt8]] {
        state.withLock { state in state.names.compactMapValues { state.nodes[$0]?.content } }
    }

    /// The disk as another process finds it after a SIGKILL: whatever was written is there, but no safer than before.
    func afterKill() -> SimulatedDisk {
        SimulatedDisk(
            state.withLock { state in
                var copy = Self.restarted(state)
                copy.nodes = state.nodes
                copy.durableNames = state.durableNames
                copy.pendingNames = state.pendingNames
                return copy
            })
    }

    /// The disk after a power cut: what was synced, and of the rest as much as chance would have it.
    func afterPowerCut(_ random: inout SeededRandom) -> SimulatedDisk {
        SimulatedDisk(
            state.withLock { state in
                var copy = Self.restarted(state)
                copy.names = state.durableNames
                let happened = Int.random(in: 0...state.pendingNames.count, using: &random)
                for change in state.pendingNames.prefix(happened) { copy.names[change.name] = change.node }
                for node in Set(copy.names.values).sorted() {
                    guard let before = state.nodes[node] else { continue }
                    let content = Self.afterPowerCut(before, &random)
                    copy.nodes[node] = Node(content: content, synced: content)
                }
                copy.durableNames = copy.names
                return copy
            })
    }

    private static func afterPowerCut(_ node: Node, _ random: inout SeededRandom) -> [UInt8] {
        guard node.content.starts(with: node.synced) else {
            guard Bool.random(using: &random) else { return node.synced }
            return Array(node.content.prefix(Int.random(in: 0...node.content.count, using: &random)))
        }
        let tail = node.content.dropFirst(node.synced.count)
        var kept = Array(tail.prefix(Int.random(in: 0...tail.count, using: &random)))
        // The length may have arrived without the data of some last sectors.
        if Int.random(in: 0..<4, using: &random) == 0 {
            let from = (node.synced.count + Int.random(in: 0...kept.count, using: &random)) / 512 * 512
            for index in max(0, from - node.synced.count)..<kept.count { kept[index] = 0 }
        }
        return node.synced + kept
    }

    /// What a new process knows of the disk, without what files contain.
    private static func restarted(_ state: State) -> State {
        var copy = State()
        copy.names = state.names
        copy.durableNames = state.names
        copy.nextNode = state.nextNode
        copy.space = state.space
        return copy
    }

    // MARK: FileSystem

    /// Counts the call and lets the plan strike. True: a short write is due.
    private func strike(_ state: inout State, _ call: Call, _ path: String) throws(FileError) -> Bool {
        let count = (state.counts[call] ?? 0) + 1
        state.counts[call] = count
        guard let plan = state.plan, plan.call == call, count == plan.at || (plan.persists && count > plan.at) else {
            return false
        }
        state.fired += 1
        switch plan.fault {
        case .error(let code): throw FileError(call: "\(call)", path: path, code: code)
        case .short: return true
        }
    }

    private func missing(_ call: String, _ path: String) -> FileError {
        FileError(call: call, path: path, code: FileError.missing)
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> OpenFile {
        try state.withLock { state throws(FileError) in
            _ = try strike(&state, .open, path)
            let known = state.names[path]
            if mode == .new, known != nil { throw FileError(call: "open", path: path, code: FileError.exists) }
            if mode == .read, known == nil { throw missing("open", path) }
            let node = known ?? state.nextNode
            if known == nil {
                state.nextNode += 1
                state.nodes[node] = Node()
                state.names[path] = node
                state.pendingNames.append((path, node))
            }
            if mode == .truncated { state.nodes[node]?.content = [] }
            let descriptor = state.nextDescriptor
            state.nextDescriptor += 1
            state.open[descriptor] = (node, 0)
            return OpenFile(descriptor: descriptor, path: path)
        }
    }

    func close(_ file: OpenFile) {
        state.withLock { state in
            state.open[file.descriptor] = nil
            state.locked[file.descriptor] = nil
        }
    }

    func read(_ file: OpenFile, upTo count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int {
        let taken = try state.withLock { state throws(FileError) -> [UInt8] in
            _ = try strike(&state, .read, file.path)
            guard let open = state.open[file.descriptor], let node = state.nodes[open.node] else {
                throw missing("read", file.path)
            }
            let slice = node.content.dropFirst(open.offset).prefix(count)
            state.open[file.descriptor]?.offset += slice.count
            return Array(slice)
        }
        buffer += taken
        return taken.count
    }

    func read(_ file: OpenFile, at offset: Int64, upTo count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int
    {
        let taken = try state.withLock { state throws(FileError) -> [UInt8] in
            _ = try strike(&state, .read, file.path)
            guard let open = state.open[file.descriptor], let node = state.nodes[open.node] else {
                throw missing("read", file.path)
            }
            return Array(node.content.dropFirst(Int(offset)).prefix(count))
        }
        buffer += taken
        return taken.count
    }

    func write(_ file: OpenFile, _ bytes: ArraySlice<UInt8>) throws(FileError) -> Int {
        stalled.wait { part in part.map { file.path.hasPrefix($0) } == true ? nil : () }
        let slowness = slowness.load(ordering: .relaxed)
        if slowness > 0 { usleep(slowness) }
        return try state.withLock { state throws(FileError) in
            let isShort = try strike(&state, .write, file.path)
            guard let open = state.open[file.descriptor] else { throw missing("write", file.path) }
            let count = min(isShort ? 1 : bytes.count, state.room)
            if count == 0, !bytes.isEmpty { throw FileError(call: "write", path: file.path, code: FileError.noSpace) }
            if state.room != .max { state.room -= count }
            state.nodes[open.node]?.content += bytes.prefix(count)
            return count
        }
    }

    func truncate(_ file: OpenFile) throws(FileError) {
        state.withLock { state in
            if let open = state.open[file.descriptor] { state.nodes[open.node]?.content = [] }
        }
    }

    func sync(_ file: OpenFile, dataOnly: Bool) throws(FileError) {
        try state.withLock { state throws(FileError) in
            guard let open = state.open[file.descriptor], let node = state.nodes[open.node] else {
                throw missing("fsync", file.path)
            }
            do throws(FileError) {
                _ = try strike(&state, dataOnly ? .fdatasync : .fsync, file.path)
                _ = try strike(&state, .sync, file.path)
            } catch {
                // As Linux does: the pages count as clean now, and nobody will write them any more.
                state.nodes[open.node]?.content = node.content
                throw error
            }
            state.nodes[open.node]?.synced = node.content
        }
    }

    func lock(_ file: OpenFile) throws(FileError) -> Bool {
        state.withLock { state in
            guard let open = state.open[file.descriptor] else { return false }
            if state.locked.values.contains(open.node) { return false }
            state.locked[file.descriptor] = open.node
            return true
        }
    }

    func rename(_ path: String, to other: String) throws(FileError) {
        try state.withLock { state throws(FileError) in
            _ = try strike(&state, .rename, path)
            guard let node = state.names[path] else { throw missing("rename", path) }
            state.names[path] = nil
            state.names[other] = node
            state.pendingNames += [(other, node), (path, nil)]
        }
    }

    func link(_ path: String, to other: String) throws(FileError) {
        try state.withLock { state throws(FileError) in
            _ = try strike(&state, .link, path)
            guard let node = state.names[path] else { throw missing("link", path) }
            if state.names[other] != nil { throw FileError(call: "link", path: other, code: FileError.exists) }
            state.names[other] = node
            state.pendingNames.append((other, node))
        }
    }

    func remove(_ path: String) throws(FileError) {
        try state.withLock { state throws(FileError) in
            _ = try strike(&state, .remove, path)
            guard state.names[path] != nil else { throw missing("unlink", path) }
            state.names[path] = nil
            state.pendingNames.append((path, nil))
        }
    }

    func makeDirectory(_ path: String) throws(FileError) {}

    func syncDirectory(_ path: String) throws(FileError) {
        try state.withLock { state throws(FileError) in
            _ = try strike(&state, .syncDirectory, path)
            func isInside(_ name: String) -> Bool {
                name.hasPrefix(path + "/") && !name.dropFirst(path.count + 1).contains("/")
            }
            for change in state.pendingNames where isInside(change.name) {
                state.durableNames[change.name] = change.node
            }
            state.pendingNames.removeAll { isInside($0.name) }
        }
    }

    func names(in directory: String) throws(FileError) -> [String] {
        state.withLock { state in
            state.names.keys.filter { $0.hasPrefix(directory + "/") }
                .map { String($0.dropFirst(directory.utf8.count + 1)) }
                .filter { !$0.contains("/") }
        }
    }

    func size(of path: String) throws(FileError) -> Int64? {
        state.withLock { state in
            if let node = state.names[path] { return state.nodes[node].map { Int64($0.content.count) } }
            return state.names.keys.contains { $0.hasPrefix(path + "/") } ? 0 : nil
        }
    }

    func space(at path: String) throws(FileError) -> DiskSpace { reportedSpace }
}
