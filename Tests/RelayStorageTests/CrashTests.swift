import RelayStorage
import RelayTestKit
import Testing

/// The state after each record, so that a recovery at any of them can be judged.
private struct Past {
    var start: UInt64
    var states: [Model]

    func state(at sequence: UInt64) -> Model? {
        guard sequence >= start, sequence - start < UInt64(states.count) else { return nil }
        return states[Int(sequence - start)]
    }
}

/// One life: random records, now and then a checkpoint, ended without a farewell. Returns what had been promised.
private func live(
    _ test: StorageUnderTest, _ past: inout Past, _ random: inout SeededRandom
) -> (confirmed: UInt64, committed: UInt64) {
    var model = past.states.last ?? Model()
    for _ in 0..<random.below(40) {
        for _ in 0..<random.below(8) {
            let entry = random.entry()
            test.batch.add(entry)
            model.apply(entry)
            past.states.append(model)
        }
        switch random.below(8) {
        case 0: test.commit()
        case 1:
            test.storage.submit(&test.batch)
            if test.storage.beginCheckpoint(ModelContents(model), at: test.batch.sequence), random.below(2) == 0 {
                _ = test.storage.waitForCheckpoint()
            }
        case 2:
            test.storage.submit(&test.batch)
            let sequence = test.batch.sequence
            _ = test.wait { test.storage.confirmed >= sequence }
        default: test.storage.submit(&test.batch)
        }
    }
    return (test.storage.confirmed, test.storage.committed)
}

/// 2,400 lives, of which half end with a power cut, 1,000 or more in all, and half with a kill.
@Test(arguments: UInt64(0)..<8)
func `after a power cut every committed record is there, after a kill every confirmed one`(group: UInt64) throws {
    var cuts = 0
    for seed in group * 60 + 1...group * 60 + 60 { try liveAndDie(seed, &cuts) }
    #expect(cuts >= 125)
}

private func liveAndDie(_ seed: UInt64, _ cuts: inout Int) throws {
    var random = SeededRandom(seed: seed)
    var disk = SimulatedDisk()
    var past = Past(start: 0, states: [Model()])
    var epochs: Set<UInt64> = []
    for life in 0..<5 {
        let test = try StorageUnderTest(disk, epoch: UInt64(1_000 * (life + 1))) { options in
            options.segmentBytes = 2_000
            options.historyBytes = 4_000
        }
        let sequence = test.storage.report.sequence
        #expect(test.recovered == past.state(at: sequence), "seed \(seed), life \(life)")
        #expect(test.storage.report.findings.isEmpty, "seed \(seed), life \(life): \(test.storage.report.findings)")
        #expect(epochs.insert(test.storage.epoch).inserted, "an unclean start begins a new epoch")
        past = Past(start: sequence, states: [test.recovered])
        let promised = live(test, &past, &random)
        // The promises were read first: what the disk holds now can only be more.
        let wasKilled = random.below(2) == 0
        if !wasKilled { cuts += 1 }
        disk = wasKilled ? test.disk.afterKill() : test.disk.afterPowerCut(&random)
        test.storage.close(isClean: false)

        let next = try StorageUnderTest(disk.afterKill())
        #expect(next.storage.report.sequence >= (wasKilled ? promised.confirmed : promised.committed), "seed \(seed)")
        next.storage.close(isClean: false)
    }
}

@Test func `an orderly stop keeps the epoch and the numbers, anything else begins a new epoch`() throws {
    let disk = SimulatedDisk()
    var random = SeededRandom(seed: 3)
    var model = Model()
    func run(_ epoch: UInt64, stops isClean: Bool) throws -> StorageUnderTest {
        let test = try StorageUnderTest(disk, epoch: epoch)
        #expect(test.recovered == model)
        for _ in 0..<10 {
            let entry = random.entry()
            test.batch.add(entry)
            model.apply(entry)
        }
        test.commit()
        if isClean { #expect(test.checkpoint(model, isLast: true)) }
        test.storage.close(isClean: isClean)
        return test
    }
    let first = try run(10, stops: true)
    let second = try run(20, stops: true)
    #expect(second.storage.report.isContinued)
    #expect(second.storage.epoch == first.storage.epoch)
    #expect(second.storage.report.sequence == 10)
    let third = try run(30, stops: false)
    #expect(third.storage.epoch == first.storage.epoch)
    let fourth = try run(40, stops: true)
    #expect(!fourth.storage.report.isContinued)
    #expect(fourth.storage.epoch != first.storage.epoch)
    #expect(fourth.storage.report.replayed == 10)

    // History that has been cut off behind an orderly stop is noticed, although the state is whole.
    let newest = try #require(disk.files.keys.filter { $0.hasPrefix("data/journal/") }.max())
    disk[newest] = disk[newest].map { Array($0.dropLast(1)) }
    let fifth = try run(50, stops: false)
    #expect(!fifth.storage.report.isContinued)
}

@Test(arguments: [[UInt8](), Array("CLASPJNL".utf8), [UInt8](repeating: 0, count: 40)])
func `what a crash leaves of a segment that was being made is cleared away and forgotten`(rest: [UInt8]) throws {
    let disk = SimulatedDisk()
    let first = try StorageUnderTest(disk, epoch: 10)
    first.batch.add(.remove(address: [0x2F], revision: 1, timestamp: 1))
    first.commit()
    first.storage.close(isClean: false)
    disk["data/journal/00000002.log"] = rest
    let second = try StorageUnderTest(disk, epoch: 20)
    #expect(second.storage.report.findings.isEmpty)
    #expect(disk["data/journal/00000002.log"] == nil)
    #expect(second.checkpoint(Model(), isLast: true))
    second.storage.close(isClean: true)
    let third = try StorageUnderTest(disk, epoch: 30)
    #expect(third.storage.report.isContinued)
    #expect(third.storage.epoch == second.storage.epoch)
    third.storage.close(isClean: false)
}

@Test func `what a power cut takes after a kill is nothing that was committed, and nothing before it`() throws {
    var random = SeededRandom(seed: 11)
    func add(_ number: UInt64, _ test: StorageUnderTest) {
        test.batch.add(.remove(address: [0x2F], revision: number, timestamp: 1))
    }
    for _ in 0..<20 {
        let first = try StorageUnderTest(SimulatedDisk(), epoch: 10) { $0.syncInterval = .seconds(60) }
        add(1, first)
        first.storage.submit(&first.batch)
        #expect(first.wait { first.storage.confirmed >= 1 })
        let second = try StorageUnderTest(first.disk.afterKill(), epoch: 20)
        first.storage.close(isClean: false)
        add(2, second)
        second.commit()
        #expect(second.storage.committed == 2)
        let third = try StorageUnderTest(second.disk.afterPowerCut(&random), epoch: 30)
        second.storage.close(isClean: false)
        #expect(third.storage.report.sequence == 2)
        #expect(third.storage.report.findings.isEmpty)
        third.storage.close(isClean: false)
    }
}

/// On a file system whose renames are not one step, both names may be there after a power cut.
@Test func `a checkpoint that a half done rename has left under both names is not written over`() throws {
    let disk = SimulatedDisk()
    let first = try StorageUnderTest(disk)
    first.batch.add(.remove(address: [0x2F], revision: 1, timestamp: 1))
    first.commit()
    #expect(first.checkpoint(Model()))
    try disk.link("data/state.json", to: "data/state.json.tmp")
    disk.stall("data/state.json.tmp")
    #expect(first.storage.beginCheckpoint(ModelContents(Model()), at: first.batch.sequence))
    #expect(first.wait { disk["data/state.json.tmp"] == [] })
    let next = try StorageUnderTest(disk.afterKill())
    #expect(next.storage.report.findings.isEmpty)
    next.storage.close(isClean: false)
    disk.stall(nil)
    #expect(first.storage.waitForCheckpoint())
    first.storage.close(isClean: false)
}

@Test func `a second process is told who holds the directory`() throws {
    let disk = SimulatedDisk()
    let first = try StorageUnderTest(disk)
    let error = #expect(throws: StorageError.self) { try StorageUnderTest(disk) }
    guard case .inUse("data", .some) = error else {
        Issue.record("\(String(describing: error))")
        return
    }
    #expect(error?.description.contains("in use by process") == true)
    first.storage.close(isClean: false)
    try StorageUnderTest(disk).storage.close(isClean: false)
}
