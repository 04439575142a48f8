import Glibc
import RelayStorage
import RelayTestKit
import Testing

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private let goldenEntries: [JournalEntry] = [
    .set(
        address: bytes("/a"), value: [0x05] + bigEndian(1, 8), writer: bytes("s1"),
        stamp: ParamStamp(revision: 1, timestamp: 10)),
    .set(
        address: bytes("/b"), value: [0x05] + bigEndian(2, 8), writer: bytes("s2"),
        stamp: ParamStamp(revision: 7, timestamp: 11, lifetime: .sliding(60), flags: 2)),
    .signal(kind: 1, address: bytes("/e"), value: [0x00], writer: bytes("s1"), timestamp: 12),
    .remove(address: bytes("/a"), revision: 2, timestamp: 13),
    .bundle([
        .set(
            address: bytes("/c"), value: [0x01, 0x01], writer: bytes("s1"),
            stamp: ParamStamp(revision: 1, timestamp: 14, lifetime: .never)),
        .set(
            address: bytes("/d"), value: [0x05] + bigEndian(.max, 8), writer: [],
            stamp: ParamStamp(revision: 1, timestamp: 14, lifetime: .absolute(5, since: 14))),
    ]),
]

@Test func `the checksum is the Castagnoli one, by instruction and by tables`() {
    let check = bytes("123456789")
    #expect(Checksum.of(check.span) == 0xE306_9283)
    #expect(Checksum.portable(of: check.span) == 0xE306_9283)
    var random = SeededRandom(seed: 1)
    for length in 0..<300 {
        let content = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        #expect(Checksum.of(content.span) == Checksum.portable(of: content.span))
        var parts = Checksum()
        let cut = random.below(length + 1)
        parts.add(content.span.extracting(..<cut))
        parts.add(content.span.extracting(cut...))
        #expect(parts.value == Checksum.of(content.span))
    }
}

@Test func `a journal of version 1 still plays, and is still written so`() throws {
    let golden = try goldenFile("journal-v1.log")
    let disk = SimulatedDisk()
    disk["data/journal/00000001.log"] = golden
    let test = try StorageUnderTest(disk)
    #expect(test.storage.report.sequence == 5)
    #expect(test.storage.report.replayed == 5)
    #expect(test.recovered.params.keys.sorted { $0.lexicographicallyPrecedes($1) } == ["/b", "/c", "/d"].map(bytes))
    var history = test.storage.history()
    var entries: [JournalEntry] = []
    while let record = history.next() {
        #expect(record.epoch == 0x1122_3344_5566_7788)
        entries.append(record.entry)
    }
    #expect(entries == goldenEntries)
    test.storage.close(isClean: false)

    let fresh = SimulatedDisk()
    let writer = try StorageUnderTest(fresh, epoch: 0x1122_3344_5566_7787)
    for entry in goldenEntries { writer.batch.add(entry) }
    writer.commit()
    writer.storage.close(isClean: false)
    #expect(fresh["data/journal/00000001.log"] == golden)
}

@Test func `sequence numbers are given in order, a bundle has one`() throws {
    let address = bytes("/a")
    var batch = JournalBatch(after: 0)
    let first = batch.remove(address: address.span, revision: 1, timestamp: 1)
    batch.beginBundle()
    let inner = batch.remove(address: address.span, revision: 2, timestamp: 2)
    let bundle = batch.endBundle()
    let last = batch.remove(address: address.span, revision: 3, timestamp: 3)
    #expect([first, inner, bundle, last] == [1, 2, 2, 3])
    #expect(batch.sequence == 3)
}

@Test func `arbitrary bytes are records or are not, and nothing worse`() {
    var random = SeededRandom(seed: 77)
    for _ in 0..<20_000 {
        var content = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        if !content.isEmpty { content[0] = UInt8(random.below(6)) }
        _ = JournalEntry(content.span)
    }
}

@Test func `the history can be read from a position, also while it grows and is thrown away`() throws {
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk) { options in
        options.segmentBytes = 500
        options.historyBytes = 1_200
    }
    var random = SeededRandom(seed: 9)
    var entries: [JournalEntry] = []
    var model = Model()
    for round in 0..<120 {
        let entry = random.entry()
        entries.append(entry)
        test.batch.add(entry)
        model.apply(entry)
        test.commit()
        if round % 20 == 19 { #expect(test.checkpoint(model)) }
    }
    var history = test.storage.history(after: 100)
    var read: [JournalEntry] = []
    while let record = history.next() { read.append(record.entry) }
    #expect(history.isComplete)
    #expect(read == Array(entries[100...]))

    var tooOld = test.storage.history(after: 1)
    #expect((tooOld.oldest ?? 0) > 2)
    _ = tooOld.next()
    #expect(!tooOld.isComplete)
    let kept = disk.files.filter { $0.key.hasPrefix("data/journal/") }
    #expect(kept.count < 20)
    // What a fallback to the previous checkpoint would need is never thrown away.
    let fallback = disk.afterKill()
    fallback["data/state.json"] = nil
    let next = try StorageUnderTest(fallback)
    #expect(next.recovered == model)
    next.storage.close(isClean: false)
    test.storage.close(isClean: false)
}

@Test func `what nobody waits for is synced all the same`() throws {
    let test = try StorageUnderTest(SimulatedDisk())
    test.batch.add(.remove(address: bytes("/a"), revision: 1, timestamp: 1))
    test.storage.submit(&test.batch)
    #expect(test.wait { test.storage.committed == 1 })
    test.storage.close(isClean: false)
}

@Test func `much journal without a checkpoint asks for one`() throws {
    let test = try StorageUnderTest(SimulatedDisk()) { $0.maxUncoveredBytes = 1_000 }
    #expect(!test.storage.wantsCheckpoint)
    var model = Model()
    var random = SeededRandom(seed: 10)
    for _ in 0..<40 {
        let entry = random.entry()
        test.batch.add(entry)
        model.apply(entry)
        test.commit()
    }
    #expect(test.wait { test.storage.wantsCheckpoint })
    #expect(test.checkpoint(model))
    #expect(!test.storage.wantsCheckpoint)
    test.storage.close(isClean: false)
}

@Test func `a disk that stands still makes the storage congested, then read-only, and never grows without bound`()
    throws
{
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk) { $0.maxBacklogBytes = 10_000 }
    let value: [UInt8] = [0x09] + bigEndian(1_000, 2) + [UInt8](repeating: 0, count: 1_000)
    let (address, nobody) = (bytes("/a"), [UInt8]())
    disk.stall("data")
    var modes: Set<StorageMode> = []
    for _ in 0..<100 {
        test.batch.set(
            address: address.span, value: value.span, writer: nobody.span, stamp: ParamStamp(revision: 1, timestamp: 1))
        test.storage.submit(&test.batch)
        modes.insert(test.storage.mode)
    }
    #expect(modes == [.writable, .congested, .readOnly])
    disk.stall(nil)
    #expect(
        test.wait {
            if test.storage.wantsCheckpoint { _ = test.checkpoint(Model()) }
            return test.storage.mode == .writable
        })
    test.storage.close(isClean: false)
}

@Test func `what nobody waits for is synced in time on a disk that does not keep up, too`() throws {
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk)
    disk.slowDown(to: 1_000)
    // There is always something to write meanwhile.
    for number in 0..<20_000 where test.storage.committed == 0 {
        test.batch.add(.remove(address: bytes("/a"), revision: UInt64(number), timestamp: 1))
        test.storage.submit(&test.batch)
        usleep(20)
    }
    #expect(test.storage.committed > 0)
    disk.slowDown(to: 0)
    test.storage.close(isClean: false)
}

@Test func `the loop is woken for those who wait, and for nobody else`() throws {
    let test = try StorageUnderTest(SimulatedDisk()) { $0.watchInterval = .seconds(60) }
    defer { test.storage.close(isClean: false) }
    func add() {
        test.batch.add(.remove(address: bytes("/a"), revision: 1, timestamp: 1))
    }
    func isWoken(_ submit: () -> Void) -> Bool {
        let before = test.wakeCount
        submit()
        let sequence = test.batch.sequence
        #expect(test.wait { test.storage.committed >= sequence })
        return test.wakeCount > before
    }
    #expect(test.wait { test.storage.mode == .writable && test.wakeCount > 0 })
    for _ in 0..<20 {
        #expect(
            !isWoken {
                add()
                test.storage.submit(&test.batch)
            })
    }
    let before = test.wakeCount
    add()
    test.batch.confirm()
    test.storage.submit(&test.batch)
    #expect(test.wait { test.wakeCount > before })
    #expect(test.storage.confirmed == test.batch.sequence)
    #expect(
        isWoken {
            add()
            test.commit()
        })
    // Whoever waits for what others have handed in before is told, too.
    for ask in [{ test.batch.confirm() }, { test.batch.commit() }] {
        add()
        test.storage.submit(&test.batch)
        let before = test.wakeCount
        ask()
        test.storage.submit(&test.batch)
        #expect(test.wait { test.wakeCount > before })
        #expect(test.storage.confirmed == test.batch.sequence)
    }
}
