import RelayStorage
import RelayTestKit
import Testing

private struct Injection: Sendable, CustomTestStringConvertible {
    let call: SimulatedDisk.Call
    let fault: SimulatedDisk.Fault
    let persists: Bool

    /// As long as it lasts nothing can be written down, and the health says so. (A short write is no failure, and one of
    /// fdatasync alone is over with the next checkpoint.)
    var lasts: Bool {
        if case .short = fault { return false }
        return persists && [.write, .sync, .fsync, .rename].contains(call)
    }

    var testDescription: String { "\(call) \(fault)" + (persists ? " for ever" : " once") }
}

private let injections: [Injection] =
    [
        SimulatedDisk.Call.open, .write, .sync, .fsync, .fdatasync, .rename, .link, .syncDirectory,
    ].flatMap { call in
        [FileError.inputOutput, FileError.noSpace].flatMap { code in
            [false, true].map { Injection(call: call, fault: .error(code), persists: $0) }
        }
    } + [
        Injection(call: .write, fault: .short, persists: false), Injection(call: .write, fault: .short, persists: true),
    ]

/// A fixed script of writes, commits and checkpoints; whatever fails in it, the promises hold.
private func run(_ injection: Injection, at count: Int, rounds: Int = 10, checkpointEvery: Int = 3) throws -> Bool {
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk) { $0.segmentBytes = 600 }
    var random = SeededRandom(seed: UInt64(count))
    var states = [Model()]
    disk.fail(.init(call: injection.call, at: count, fault: injection.fault, persists: injection.persists))
    for round in 0..<rounds {
        var model = states[states.count - 1]
        for _ in 0..<3 {
            let entry = random.entry()
            test.batch.add(entry)
            model.apply(entry)
            states.append(model)
        }
        test.commit()
        if round % checkpointEvery == checkpointEvery - 1 { _ = test.checkpoint(model) }
    }
    let hasFired = disk.fired > 0
    let promised = (test.storage.confirmed, test.storage.committed)
    if hasFired, injection.lasts {
        #expect(test.wait { test.storage.health.isDegraded }, "\(injection.testDescription) at \(count)")
        if injection.call == .write { #expect(test.storage.mode == .readOnly) }
    }
    let killed = disk.afterKill()
    let cut = disk.afterPowerCut(&random)
    for (image, least) in [(killed, promised.0), (cut, promised.1)] {
        let next = try StorageUnderTest(image)
        let sequence = next.storage.report.sequence
        #expect(sequence >= least, "\(injection.testDescription) at \(count)")
        #expect(next.recovered == states[Int(sequence)], "\(injection.testDescription) at \(count)")
        #expect(!next.storage.report.findings.contains { $0.file.hasPrefix("state") }, "old data is intact")
        next.storage.close(isClean: false)
    }

    // With a disk that works again the journal comes back, on top of a checkpoint.
    disk.fail(nil)
    let last = states[states.count - 1]
    #expect(
        test.wait {
            if test.storage.wantsCheckpoint { _ = test.checkpoint(last) }
            return test.storage.mode == .writable && test.storage.committed >= test.batch.sequence
        }, "\(injection.testDescription) at \(count)")
    test.storage.close(isClean: false)
    let next = try StorageUnderTest(disk.afterKill())
    #expect(next.recovered == last, "\(injection.testDescription) at \(count): \(next.storage.report)")
    next.storage.close(isClean: false)
    return hasFired
}

@Test(arguments: injections)
private func `a call that fails takes back no promise and spoils no file`(injection: Injection) throws {
    var fired = 0
    for count in 1...25 where try run(injection, at: count) { fired += 1 }
    #expect(fired >= 2, "the injection struck \(fired) times")
}

private let oneHundred: [SimulatedDisk.Call] = [.write, .fsync, .fdatasync, .rename]

@Test(arguments: oneHundred)
private func `each of the first hundred calls may fail, and each failure is one`(call: SimulatedDisk.Call) throws {
    var fired = 0
    for count in 1...100 {
        let code = count % 2 == 0 ? FileError.inputOutput : FileError.noSpace
        let injection = Injection(call: call, fault: .error(code), persists: count / 2 % 2 == 0)
        if try run(injection, at: count, rounds: 110, checkpointEvery: 2) { fired += 1 }
    }
    #expect(fired == 100)
}

@Test func `each of the first hundred writes may be short`() throws {
    var fired = 0
    for count in 1...100 {
        let injection = Injection(call: .write, fault: .short, persists: count % 2 == 0)
        if try run(injection, at: count, rounds: 110, checkpointEvery: 10) { fired += 1 }
    }
    #expect(fired == 100)
}

@Test func `a failed journal acknowledges nothing until a checkpoint has succeeded`() throws {
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk)
    var model = Model()
    func write() {
        let value = [UInt8](arrayLiteral: 0x05) + bigEndian(test.batch.sequence, 8)
        let entry = JournalEntry.set(
            address: Array("/a".utf8), value: value, writer: [], stamp: ParamStamp(revision: 1, timestamp: 1))
        test.batch.add(entry)
        model.apply(entry)
        test.commit()
    }
    write()
    #expect(test.storage.committed == 1)
    let epoch = test.storage.epoch
    disk.fail(.init(call: .sync, at: 1, fault: .error(FileError.inputOutput), persists: true))
    write()
    #expect(test.storage.mode == .readOnly)
    #expect(test.storage.committed == 1)
    write()
    #expect(test.storage.confirmed <= 2)
    #expect(test.wait { test.storage.wantsCheckpoint })
    #expect(!test.checkpoint(model))
    #expect(test.storage.mode == .readOnly)
    #expect(test.wait { test.storage.health.reason?.contains("input/output error") == true })
    disk.fail(nil)
    #expect(test.wait { test.storage.wantsCheckpoint })
    #expect(test.storage.beginCheckpoint(ModelContents(model), at: test.batch.sequence))
    // Between the moment of the checkpoint and the new segment: kept in memory, then written.
    write()
    #expect(test.storage.waitForCheckpoint())
    let sequence = test.batch.sequence
    #expect(test.wait { test.storage.committed >= sequence })
    #expect(test.storage.mode == .writable)
    #expect(test.storage.epoch != epoch, "signals may be missing in between")
    #expect(test.wait { !test.storage.health.isDegraded })
    let next = try StorageUnderTest(disk.afterKill())
    #expect(next.recovered == model)
    #expect(next.storage.report.sequence == sequence)
    next.storage.close(isClean: false)
    test.storage.close(isClean: false)
}

@Test func `a checkpoint while the journal is being opened again takes nothing from it`() throws {
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk)
    var random = SeededRandom(seed: 7)
    var model = Model()
    func add() {
        for _ in 0..<5 {
            let entry = random.entry()
            test.batch.add(entry)
            model.apply(entry)
        }
        test.batch.commit()
        test.storage.submit(&test.batch)
    }
    disk.fail(.init(call: .write, at: 1, fault: .error(FileError.noSpace)))
    add()
    #expect(test.wait { test.storage.mode == .readOnly })
    disk.stall("data/journal")
    #expect(test.checkpoint(model))
    add()
    #expect(test.checkpoint(model))
    add()
    disk.stall(nil)
    #expect(test.wait { test.storage.committed >= test.batch.sequence })
    add()
    #expect(test.wait { test.storage.committed >= test.batch.sequence })
    test.storage.close(isClean: false)

    let next = try StorageUnderTest(disk.afterKill())
    #expect(next.recovered == model)
    #expect(next.storage.report.findings.isEmpty)
    next.storage.close(isClean: false)
}

@Test func `a full disk makes the storage read-only and a freed one makes it come back by itself`() throws {
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk)
    var model = Model()
    var random = SeededRandom(seed: 1)
    disk.room = 2_000
    while test.storage.mode == .writable {
        let entry = random.entry()
        test.batch.add(entry)
        model.apply(entry)
        test.commit()
    }
    disk.reportedSpace = DiskSpace(total: 100, available: 0)
    #expect(
        test.wait { test.storage.health.disk?.available == 0 && test.storage.health.reason?.contains("100 %") == true })
    disk.room = .max
    disk.reportedSpace = DiskSpace(total: 100, available: 50)
    #expect(
        test.wait {
            if test.storage.wantsCheckpoint { _ = test.checkpoint(model) }
            return test.storage.mode == .writable
        })
    test.storage.close(isClean: false)
    let next = try StorageUnderTest(disk.afterKill())
    #expect(next.recovered == model)
    next.storage.close(isClean: false)
}

@Test func `the marks of the disk degrade and stop writing, and let go again`() throws {
    let disk = SimulatedDisk()
    disk.reportedSpace = DiskSpace(total: 1_000, available: 500)
    let test = try StorageUnderTest(disk)
    defer { test.storage.close(isClean: false) }
    #expect(test.storage.mode == .writable)
    #expect(!test.storage.health.isDegraded)
    disk.reportedSpace = DiskSpace(total: 1_000, available: 190)
    #expect(test.wait { test.storage.health.isDegraded })
    #expect(test.storage.mode == .writable)
    disk.reportedSpace = DiskSpace(total: 1_000, available: 50)
    #expect(test.wait { test.storage.mode == .readOnly })
    disk.reportedSpace = DiskSpace(total: 1_000, available: 100)
    #expect(test.wait { test.storage.mode == .writable })
    disk.reportedSpace = DiskSpace(total: 1_000, available: 900)
    #expect(test.wait { !test.storage.health.isDegraded })
}

@Test func `without a journal nothing is promised and checkpoints are all`() throws {
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk, durability: .none)
    var model = Model()
    var random = SeededRandom(seed: 2)
    for _ in 0..<20 {
        let entry = random.entry()
        test.batch.add(entry)
        model.apply(entry)
        test.storage.submit(&test.batch)
    }
    #expect(test.storage.confirmed == 0)
    #expect(test.storage.committed == 0)
    #expect(test.checkpoint(model, isLast: true))
    test.storage.close(isClean: true)
    #expect(!disk.files.keys.contains { $0.hasPrefix("data/journal/") })
    let next = try StorageUnderTest(disk, durability: .none)
    #expect(next.recovered == model)
    #expect(next.storage.report.sequence == 20)
    #expect(!next.storage.report.isContinued)
    next.storage.close(isClean: false)
}

@Test func `with durability fsync a confirmation waits for the disk`() throws {
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk, durability: .fsync)
    defer { test.storage.close(isClean: false) }
    disk.fail(.init(call: .sync, at: 1, fault: .error(FileError.inputOutput), persists: true))
    test.batch.add(.remove(address: [0x2F], revision: 1, timestamp: 1))
    test.storage.submit(&test.batch)
    #expect(test.wait { test.storage.mode == .readOnly })
    #expect(test.storage.confirmed == 0)
}
