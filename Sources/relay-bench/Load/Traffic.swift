/// Who sends stamped values, and when.
struct Traffic {
    enum Pace {
        /// So many a second in all, each at a moment that is fixed beforehand: a relay that stands still does not keep
        /// the generator from counting what it should have carried meanwhile.
        case rate(Double)
        /// As many as come back: at most so many that the last listener has not seen.
        case window(Int)
    }

    struct Sender {
        let client: Int
        /// One for each address; they are written in turn.
        var frames: [StampedFrame]
        fileprivate(set) var sent: UInt64 = 0

        init(client: Int, frames: [StampedFrame]) { (self.client, self.frames) = (client, frames) }
    }

    private(set) var senders: [Sender]
    let pace: Pace
    /// Whose progress opens the window.
    private let reference: Int
    private(set) var sent: UInt64 = 0
    /// The longest that something was sent after it was due. When this is much, the generator was too slow.
    private(set) var latest: UInt64 = 0
    private var began: UInt64?
    private var turn = 0
    private var lastProgress: (count: UInt64, at: UInt64) = (0, 0)

    /// What a sender may have waiting that its socket does not take.
    private static let maxBacklog = 4 << 20
    private static let maxPerTurn = 4_096
    private static let patience: UInt64 = 5_000_000_000

    init(_ senders: [Sender], _ pace: Pace, reference: Int) {
        (self.senders, self.pace, self.reference) = (senders, pace, reference)
    }

    mutating func forgetDelay() { latest = 0 }

    /// Sends what is due by now.
    mutating func send(into crowd: inout Crowd, at now: UInt64) throws(BenchError) {
        switch pace {
        case .rate(let rate): sendDue(rate, into: &crowd, at: now)
        case .window(let window): try sendInto(window, &crowd, at: now)
        }
    }

    private mutating func sendDue(_ rate: Double, into crowd: inout Crowd, at now: UInt64) {
        let start = began ?? now
        began = start
        var count = 0
        var last = turn
        while count < Self.maxPerTurn {
            let due = start + UInt64(Double(sent) * 1e9 / rate)
            let client = senders[turn].client
            guard due <= now, crowd.clients[client].backlog < Self.maxBacklog else { break }
            if turn != last { crowd.flush(senders[last].client) }
            last = turn
            write(from: turn, due: due, into: &crowd)
            latest = max(latest, now - due)
            turn = (turn + 1) % senders.count
            count += 1
        }
        if count > 0 { crowd.flush(senders[last].client) }
    }

    private mutating func sendInto(_ window: Int, _ crowd: inout Crowd, at now: UInt64) throws(BenchError) {
        let seen = crowd.clients[reference].checks.reduce(0) { $0 + $1.next }
        if seen != lastProgress.count || lastProgress.at == 0 { lastProgress = (seen, now) }
        var room = window - Int(sent - min(seen, sent))
        // In parts of a quarter at least, so that what the relay gets at a time stays the same.
        guard room > 0, room >= window / 4 else {
            guard now - lastProgress.at < Self.patience else { throw BenchError("nothing comes through any more") }
            return
        }
        for part in 0..<senders.count where room > 0 {
            let share = (room + senders.count - 1 - part) / (senders.count - part)
            for _ in 0..<share { write(from: turn, due: now, into: &crowd) }
            crowd.flush(senders[turn].client)
            room -= share
            turn = (turn + 1) % senders.count
        }
    }

    @inline(__always)
    private mutating func write(from index: Int, due: UInt64, into crowd: inout Crowd) {
        let number = senders[index].sent
        let frame = Int(number % UInt64(senders[index].frames.count))
        crowd.send(senders[index].frames[frame].bytes(number: number, due: due), from: senders[index].client)
        senders[index].sent += 1
        sent += 1
    }
}

extension Crowd {
    /// Lets the traffic flow for so long. `step` is called now and then.
    mutating func run(
        _ traffic: inout Traffic, for seconds: Double,
        step: (inout Crowd, UInt64) throws(BenchError) -> Void = { _, _ in }
    ) throws(BenchError) {
        let end = Self.now + UInt64(seconds * 1e9)
        while true {
            let now = Self.now
            guard now < end else { return }
            try traffic.send(into: &self, at: now)
            // Short enough for any rate.
            poll(waiting: 200_000)
            try step(&self, now)
        }
    }

    /// Waits until every listener has the last of all, or nothing comes any more.
    mutating func drain(_ traffic: Traffic, _ listeners: [Listener]) {
        var rest = listeners
        drain { crowd in
            rest.removeAll { listener in
                let client = crowd.clients[listener.client]
                return !client.isOpen
                    || zip(client.checks, listener.senders).allSatisfy { $0.next >= traffic.senders[$1].sent }
            }
            return rest.isEmpty
        }
    }

    /// Waits until it is done, or so many seconds have passed without a byte for anybody.
    mutating func drain(patience: UInt64 = 3, until isDone: (borrowing Crowd) -> Bool) {
        var news = (bytes: receivedBytes, at: Self.now)
        while !isDone(self) {
            poll(waiting: 1_000_000)
            let now = Self.now
            if receivedBytes != news.bytes { news = (receivedBytes, now) }
            guard now - news.at < patience * 1_000_000_000 else { return }
        }
    }
}

/// A session that hears these senders, by their places in the traffic.
struct Listener {
    let client: Int
    let senders: [Int]
}

/// What became of everything that was sent.
struct Losses: Equatable {
    /// Never came, though it was no duplicate of anything.
    var missing: UInt64 = 0
    var duplicates: UInt64 = 0
    var reordered: UInt64 = 0
    /// Sessions that the relay closed.
    var closed = 0
    /// Sessions whose last value is not the last that was sent.
    var stale = 0
    var errors = 0
    /// Values of nobody, and bytes that no client could read.
    var strays = 0

    init(_ crowd: borrowing Crowd, _ traffic: Traffic, _ listeners: [Listener]) {
        strays = crowd.shared.tally.strays
        for listener in listeners {
            let client = crowd.clients[listener.client]
            if !client.isOpen { closed += 1 }
            errors += client.errors
            var isStale = false
            for (check, sender) in zip(client.checks, listener.senders) {
                let sent = traffic.senders[sender].sent
                missing += sent - min(sent, check.received)
                duplicates += check.duplicates
                reordered += check.reordered
                if check.next != sent { isStale = true }
            }
            if isStale { stale += 1 }
        }
    }
}
