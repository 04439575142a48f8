import RelayProtocol
import RelayThreads

/// All sessions of a run, on one thread.
struct Crowd: ~Copyable {
    let endpoint: Endpoint
    /// Do not sleep while waiting: a reader that is woken late makes a relay look cheaper than it is, and slower.
    let spins: Bool
    private let poller: Poller
    private(set) var clients: [Client] = []
    /// Places of clients that have gone.
    private var free: [Int] = []
    var shared: Client.Surroundings
    private(set) var receivedBytes = 0
    private var buffer: [UInt8]

    /// Small enough to stay in a processor's cache, with room for the beginning of a frame before it.
    private static let bufferBytes = 256 << 10
    /// Handshakes under way at a time: below any backlog.
    private static let parallel = 64
    private static let patience: UInt64 = 20_000_000_000

    init(_ endpoint: Endpoint, spins: Bool) throws(BenchError) {
        self.endpoint = endpoint
        self.spins = spins
        poller = try Poller()
        shared = Client.Surroundings(run: .random(in: 1 ... .max))
        buffer = [UInt8](repeating: 0, count: Self.bufferBytes)
    }

    deinit { for client in clients where client.isOpen { client.socket.close() } }

    static var now: UInt64 {
        @inline(__always) get { UInt64(bitPattern: MonotonicClock.now) }
    }

    /// Begins a session, and does not wait for it.
    mutating func open(
        _ greeting: Greeting, receiveBuffer: Int32? = nil, at moment: UInt64 = Crowd.now
    ) throws(BenchError) -> Int {
        let socket = try Socket(to: endpoint, receiveBuffer: receiveBuffer)
        let client = Client(socket, greeting, at: moment)
        let number = free.popLast() ?? clients.count
        if number == clients.count { clients.append(client) } else { clients[number] = client }
        poller.add(socket, number: number)
        flush(number)
        return number
    }

    /// Begins sessions and waits until all of them are ready. Their numbers.
    mutating func join(_ count: Int, _ greeting: Greeting, receiveBuffer: Int32? = nil) throws(BenchError) -> [Int] {
        var numbers: [Int] = []
        // The first that is perhaps not ready.
        var first = 0
        let deadline = Self.now + Self.patience
        while first < count {
            while numbers.count < count, numbers.count - first < Self.parallel {
                numbers.append(try open(greeting, receiveBuffer: receiveBuffer))
            }
            poll(waiting: 1_000_000)
            while first < numbers.count, clients[numbers[first]].stage == .ready { first += 1 }
            if first < numbers.count, !clients[numbers[first]].isOpen { throw gone(numbers[first]) }
            guard Self.now < deadline else { throw BenchError("only \(first) of \(count) sessions could begin") }
        }
        return numbers
    }

    func gone(_ number: Int) -> BenchError {
        let client = clients[number]
        let code = client.closeCode.map { "\($0) " } ?? ""
        return BenchError("the relay closed a session: \(code)\(client.closeReason) \(client.firstError)")
    }

    /// Reads what has come, and sends what waited.
    mutating func poll(waiting nanoseconds: Int64) {
        let count = poller.wait(nanoseconds: spins ? 0 : nanoseconds)
        for index in 0..<count {
            let event = poller.event(index)
            if event.canWrite { flush(event.number) }
            if event.canRead, clients[event.number].isOpen { read(event.number) }
        }
    }

    private mutating func read(_ number: Int) {
        // Taken out of the struct, so that a look into it may last while sessions change.
        var bytes: [UInt8] = []
        swap(&bytes, &buffer)
        defer { swap(&bytes, &buffer) }
        let start = clients[number].partial.count
        if start > 0 {
            bytes.replaceSubrange(0..<start, with: clients[number].partial)
            clients[number].partial.removeAll(keepingCapacity: true)
        }
        switch clients[number].socket.receive(into: &bytes, from: start) {
        case .bytes(let count):
            clients[number].receivedBytes &+= count
            receivedBytes &+= count
            let end = start + count
            let now = Self.now
            let taken = clients[number].read(bytes.rawSpan.extracting(0..<end), at: now, &shared)
            if taken < end, clients[number].isOpen { clients[number].partial.append(contentsOf: bytes[taken..<end]) }
            if clients[number].backlog > 0 { flush(number) }
        case .later: clients[number].partial.append(contentsOf: bytes[..<start])
        case .ended: clients[number].end()
        }
    }

    // MARK: Single sessions

    mutating func change(_ number: Int, _ body: (inout Client) -> Void) { body(&clients[number]) }

    mutating func send(_ bytes: [UInt8], from number: Int) {
        clients[number].pending += bytes
    }

    mutating func flush(_ number: Int) {
        guard clients[number].flush() else { return }
        watch(number)
    }

    /// Stops reading, or begins again.
    mutating func pause(_ number: Int, _ isPaused: Bool = true) {
        clients[number].isPaused = isPaused
        watch(number)
    }

    private func watch(_ number: Int) {
        let client = clients[number]
        guard client.isOpen else { return }
        poller.watch(client.socket, number: number, reading: !client.isPaused, writing: client.waitsToWrite)
    }

    /// Says goodbye. The place is free again when the relay has closed.
    mutating func leave(_ number: Int) {
        clients[number].stage = .leaving
        send(ClientFrame.bytes(.close, [0x03, 0xE8]), from: number)
        flush(number)
    }

    mutating func release(_ number: Int) {
        clients[number].end()
        free.append(number)
    }
}
