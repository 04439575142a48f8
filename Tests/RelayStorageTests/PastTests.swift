import RelayStorage
import RelayTestKit
import Testing

private let hour: Int64 = 3_600_000_000

extension SimulatedDisk {
    fileprivate var bases: [String] { files.keys.filter { $0.hasPrefix("data/bases/") }.sorted() }
}

/// Hours of random writes with a checkpoint every few minutes, and the state after each.
private struct Hours {
    let disk = SimulatedDisk()
    var test: StorageUnderTest
    var states: [(time: Int64, model: Model)] = []
    var model = Model()

    init(_ hours: Int, seed: UInt64, _ change: (inout StorageOptions) -> Void = { _ in }) throws {
        test = try StorageUnderTest(disk) {
            $0.segmentBytes = 3_000
            change(&$0)
        }
        var random = SeededRandom(seed: seed)
        for step in 0..<hours * 12 {
            for _ in 0..<4 {
                test.now += Int64(1 + random.below(60_000_000))
                let entry = random.entry().written(at: test.now)
                test.batch.add(entry)
                model.apply(entry)
                states.append((test.now, model))
            }
            test.now += 5 * 60_000_000
            test.commit()
            if step % 2 == 0 { #expect(test.checkpoint(model)) }
        }
    }

    func state(at time: Int64) -> Model { states.last { $0.time <= time }?.model ?? Model() }
}

extension JournalEntry {
    fileprivate func written(at time: Int64) -> JournalEntry {
        switch self {
        case .set(let address, let value, let writer, var stamp):
            stamp.timestamp = time
            return .set(address: address, value: value, writer: writer, stamp: stamp)
        case .remove(let address, let revision, _):
            return .remove(address: address, revision: revision, timestamp: time)
        case .signal: return self
        case .bundle(let entries): return .bundle(entries.map { $0.written(at: time) })
        }
    }
}

private func past(_ disk: SimulatedDisk, at time: Int64) throws(PastError) -> Model {
    var model = Model()
    _ = try Past(files: disk, directory: "data").read(at: time, into: &model)
    return model
}

@Suite struct `The past` {
    @Test(arguments: UInt64(1)...4)
    func `is known for every moment behind the oldest base, beside a running relay`(seed: UInt64) throws {
        let hours = try Hours(5, seed: seed)
        defer { hours.test.storage.close(isClean: false) }
        #expect(Int64(hours.disk.bases.count) >= (hours.test.now - hours.states[0].time) / hour)
        var random = SeededRandom(seed: seed)
        let first = try #require(hours.disk.bases.first?.split(separator: "/").last?.split(separator: "-").first)
        let oldest = try #require(Int64(first))
        for _ in 0..<40 {
            let time = Int64.random(in: oldest...hours.test.now + hour, using: &random)
            let model = try past(hours.disk, at: time)
            #expect(model == hours.state(at: time), "seed \(seed), \(time)")
        }
        let error = #expect(throws: PastError.self) { try past(hours.disk, at: oldest - 1) }
        #expect(error == .notKept(since: oldest))
    }

    @Test func `goes with the journal`() throws {
        let hours = try Hours(6, seed: 9) { $0.historyAge = .seconds(2 * 3_600) }
        defer { hours.test.storage.close(isClean: false) }
        #expect((2...4).contains(hours.disk.bases.count))
        let start = hours.states[0].time
        #expect(throws: PastError.self) { try past(hours.disk, at: start + hour) }
        let time = hours.test.now - hour
        #expect(try past(hours.disk, at: time) == hours.state(at: time))
    }

    @Test func `does without a base that is damaged, and tells of a gap`() throws {
        let hours = try Hours(4, seed: 11)
        hours.test.storage.close(isClean: false)
        let time = hours.test.now - hour / 2
        let damaged = hours.disk.afterKill()
        for name in hours.disk.bases.suffix(2) { damaged[name]?[120] ^= 1 }
        #expect(try past(damaged, at: time) == hours.state(at: time))

        let newest = try #require(damaged.files.keys.filter { $0.hasPrefix("data/journal/") }.sorted().dropLast(3).last)
        damaged[newest] = nil
        for name in hours.disk.bases.dropFirst() { damaged[name] = nil }
        damaged["data/state.json"] = nil
        damaged["data/state.json.prev"] = nil
        let error = #expect(throws: PastError.self) { try past(damaged, at: hours.test.now) }
        guard case .gap = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `does not mix a history that was given up with the one that took over`() throws {
        var hours = try Hours(3, seed: 12)
        let before = hours.test.now
        hours.test.storage.close(isClean: false)
        // Damage far back in the journal, and no checkpoint behind it: the relay goes on from there in a new epoch.
        let disk = hours.disk.afterKill()
        let kept = disk.bases[0]
        disk["data/state.json"] = disk[kept]
        disk["data/state.json.prev"] = nil
        let sequence = try #require(
            kept.split(separator: "-").last.flatMap { UInt64($0.dropLast(5)) })
        let victim = try #require(disk.files.keys.filter { $0.hasPrefix("data/journal/") }.sorted().dropFirst(4).first)
        disk[victim]?[300] ^= 1
        let next = try StorageUnderTest(disk, epoch: 5_000, now: before + hour)
        #expect(next.storage.report.sequence > sequence)
        #expect(next.recovered != hours.model)
        hours.model = next.recovered
        var random = SeededRandom(seed: 13)
        for _ in 0..<400 {
            next.now += 1_000_000
            let entry = random.entry().written(at: next.now)
            next.batch.add(entry)
            hours.model.apply(entry)
        }
        next.commit()
        #expect(try past(disk, at: next.now) == hours.model)
        // Bases of what was given up go with the next checkpoint; the one in front of it stays.
        let count = disk.bases.count
        #expect(next.checkpoint(hours.model))
        #expect(next.wait { disk.bases.count < count })
        #expect(disk.bases.contains(kept))
        #expect(try past(disk, at: next.now) == hours.model)
        next.storage.close(isClean: false)
    }

    @Test func `is not kept where nothing is`() {
        #expect(throws: PastError.self) { try past(SimulatedDisk(), at: .max) }
    }
}
