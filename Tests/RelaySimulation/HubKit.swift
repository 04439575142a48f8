package import Relay
package import RelayAuth
import RelayProtocol
import RelayStorage
import RelayTestKit

/// A hub on a clock turned by hand, with clients that are lists of what they heard.
///
/// It carries out what the hub wants done as the wires would: frames in order, a lagging client's conflatable ones
/// skipped and reported, room told to whoever asked for it and is not stalled.
package final class HubKit {
    package struct Client {
        package var isOpen = false
        /// Its socket takes nothing: conflatable frames are skipped, and nobody says that there is room.
        package var isStalled = false
        package var awaitsRoom = false
        package var name = ""
        package var heard: [Heard] = []
        package var frames: [[UInt8]] = []
    }

    package var hub: Hub
    package private(set) var output = HubOutput(journal: JournalBatch(after: 0))
    package private(set) var clients: [Client] = []
    package private(set) var now: Moment
    package var faults: FaultyWires
    /// Keep frames as they are, beside what they say.
    package var keepsFrames = false
    private var random: SeededRandom
    private var toClose: [Int] = []

    package init(_ hub: consuming Hub, seed: UInt64 = 1, faults: FaultyWires = FaultyWires()) {
        self.hub = hub
        self.faults = faults
        random = SeededRandom(seed: seed)
        now = Moment(unix: 1_700_000_000_000_000, uptime: 5_000_000)
    }

    package convenience init(
        limits: HubLimits = HubLimits(), policy: Policy = .none, doorkeeper: (any Doorkeeper)? = nil, seed: UInt64 = 1
    ) {
        self.init(Hub(limits: limits, policy: policy, doorkeeper: doorkeeper, seed: seed), seed: seed)
    }

    // MARK: What clients do

    /// Connects a client, at the first free place; it has said nothing yet, but may have brought a token along.
    @discardableResult
    package func connect(offering token: String? = nil) -> Int {
        let place = clients.firstIndex { !$0.isOpen } ?? clients.count
        if place == clients.count { clients.append(Client()) }
        let id = SessionID(using: &random)
        clients[place] = Client(isOpen: true, name: String(decoding: id.text, as: UTF8.self))
        hub.opened(SessionIndex(place), id: id, offering: token.map { Array($0.utf8) }, at: now)
        return place
    }

    /// Connects a client and greets.
    package func join(token: String = "") -> Int {
        let client = connect()
        say(Say.hello(token: token), as: client)
        return client
    }

    /// Tells the hub what has become of tokens.
    package func learn(_ changes: [TokenChange]) {
        hub.learn(changes, at: now, into: &output)
        carryOut()
    }

    package func say(_ frame: [UInt8], as client: Int) {
        guard clients[client].isOpen else { return }
        hub.receive(frame.rawSpan, from: SessionIndex(client), at: now, into: &output)
        carryOut()
    }

    package func close(_ client: Int) {
        guard clients[client].isOpen else { return }
        clients[client].isOpen = false
        if faults.losesGoodbye() { return }
        hub.closed(SessionIndex(client), at: now, into: &output)
        carryOut()
    }

    package func stall(_ client: Int) { clients[client].isStalled = true }

    /// The client's socket takes everything again, but the hub does not know yet.
    package func unstall(_ client: Int) { clients[client].isStalled = false }

    /// The client's socket takes everything again.
    package func resume(_ client: Int) {
        guard clients[client].isOpen, clients[client].isStalled else { return }
        clients[client].isStalled = false
        drained(client)
        settle()
    }

    /// The client's socket takes a little: what waited is gone, and what now comes makes it lag again.
    package func sip(_ client: Int) {
        guard clients[client].isOpen else { return }
        clients[client].awaitsRoom = false
        drained(client)
        settle()
    }

    /// What a client has heard since it was last asked.
    package func take(_ client: Int) -> [Heard] {
        defer { clients[client].heard = [] }
        return clients[client].heard
    }

    package func takeFrames(_ client: Int) -> [[UInt8]] {
        defer { clients[client].frames = [] }
        return clients[client].frames
    }

    // MARK: Time

    /// Lets time pass; what falls due happens at its time.
    package func advance(by microseconds: UInt64) {
        let target = now.uptime + microseconds
        while let due = hub.nextDue, due <= target {
            if due > now.uptime { pass(due - now.uptime) }
            if faults.skipsTick() { break }
            hub.tick(at: now, into: &output)
            carryOut()
        }
        if target > now.uptime { pass(target - now.uptime) }
    }

    private func pass(_ microseconds: UInt64) {
        now.unix += microseconds
        now.uptime += microseconds
    }

    /// Somebody sets the wall clock.
    package func setClock(by microseconds: Int64) {
        now.unix = UInt64(clamping: Int64(clamping: now.unix) + microseconds)
    }

    // MARK: What the hub wants

    /// Does what the hub wants done, and tells those who asked for it that there is room.
    package func carryOut() {
        perform()
        settle()
    }

    private func drained(_ client: Int) {
        hub.drained(SessionIndex(client), at: now, into: &output)
        perform()
    }

    private func settle() {
        while true {
            if let client = toClose.popLast() {
                close(client)
                continue
            }
            guard let client = clients.firstIndex(where: { $0.awaitsRoom && $0.isOpen && !$0.isStalled }) else {
                return
            }
            clients[client].awaitsRoom = false
            drained(client)
        }
    }

    private func perform() {
        var replays: [ReplayRequest] = []
        for action in output.actions {
            switch action {
            case .deliver(let delivery): deliver(delivery)
            case .close(let session, let code, let reason):
                guard clients[Int(session)].isOpen else { continue }
                clients[Int(session)].heard.append(.closed(code: code, reason: output.reasons[reason]))
                toClose.append(Int(session))
            case .replay(let request): replays.append(output.requests[request])
            case .awaitRoom(let session): clients[Int(session)].awaitsRoom = true
            }
        }
        for next in output.acknowledgements { hear(output.frame(next.frame).array, Int(next.session)) }
        output.removeAll()
        guard !replays.isEmpty else { return }
        // There is no history here.
        for request in replays { hub.cannotReplay(request, keepsJournal: false, into: &output) }
        perform()
    }

    private func deliver(_ delivery: HubOutput.Delivery) {
        let frame = output.frame(delivery.frame).array
        var skipped: [SessionIndex] = []
        for target in Self.targets(of: delivery, in: output) where clients[Int(target)].isOpen {
            if clients[Int(target)].isStalled, delivery.isConflatable {
                skipped.append(target)
            } else {
                for _ in 0..<faults.copies() { hear(frame, Int(target)) }
            }
        }
        if !skipped.isEmpty, !faults.forgetsMissed() { hub.missed(delivery, by: skipped, output) }
    }

    private static func targets(
        of delivery: HubOutput.Delivery, in output: borrowing HubOutput
    ) -> [SessionIndex] {
        var targets: [SessionIndex] = []
        let all = output.allTargets
        for place in delivery.targets.range { targets.append(all[place]) }
        return targets
    }

    private func hear(_ frame: [UInt8], _ client: Int) {
        guard clients[client].isOpen else { return }
        if keepsFrames { clients[client].frames.append(frame) }
        do throws(WireError) {
            clients[client].heard.append(try Heard(frame))
        } catch {
            clients[client].heard.append(.other(.error))
        }
        if faults.swaps() {
            let last = clients[client].heard.count - 1
            if last > 0 { clients[client].heard.swapAt(last, last - 1) }
        }
    }
}

extension HubOutput.Delivery {
    package var isConflatable: Bool {
        if case .every = kind { false } else { true }
    }
}
