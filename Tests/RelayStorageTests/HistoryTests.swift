import RelayStorage
import RelayTestKit
import Testing

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private func starts(with text: String) -> @Sendable (Span<UInt8>) -> Bool {
    let prefix = bytes(text)
    return { address in address.count >= prefix.count && prefix.indices.allSatisfy { address[$0] == prefix[$0] } }
}

private let everything: @Sendable (Span<UInt8>) -> Bool = { _ in true }

private func event(_ address: String, at time: Int64, kind: UInt8 = 1, size: Int = 10) -> JournalEntry {
    let value: [UInt8] = [0x09] + bigEndian(UInt64(size), 2) + [UInt8](repeating: 7, count: size)
    return .signal(kind: kind, address: bytes(address), value: value, writer: bytes("s1"), timestamp: time)
}

private func write(_ address: String, at time: Int64, revision: UInt64 = 1) -> JournalEntry {
    .set(
        address: bytes(address), value: [0x05] + bigEndian(revision, 8), writer: bytes("s1"),
        stamp: ParamStamp(revision: revision, timestamp: time))
}

extension JournalEntry {
    fileprivate var parts: [JournalEntry] {
        if case .bundle(let parts) = self { parts } else { [self] }
    }

    fileprivate var time: Int64 {
        switch self {
        case .set(_, _, _, let stamp): stamp.timestamp
        case .remove(_, _, let timestamp), .signal(_, _, _, _, let timestamp): timestamp
        case .bundle: 0
        }
    }

    fileprivate var address: [UInt8] {
        switch self {
        case .set(let address, _, _, _), .remove(let address, _, _), .signal(_, let address, _, _, _): address
        case .bundle: []
        }
    }

    fileprivate func isWanted(by types: HistoryTypes) -> Bool {
        switch self {
        case .set, .remove: types.params
        case .signal(let kind, _, _, _, _): types.signals >> UInt64(kind) & 1 == 1
        case .bundle: false
        }
    }
}

@Suite struct `The history` {
    @Test func `is filtered before it is limited, ascends, and comes in slices that must be asked for`() throws {
        let test = try StorageUnderTest(SimulatedDisk()) { $0.segmentBytes = 20_000 }
        defer { test.storage.close(isClean: false) }
        for number in 1...6_000 {
            test.batch.add(event(number % 3 == 0 ? "/want/\(number)" : "/other", at: Int64(number)))
            if number % 100 == 0 { test.storage.submit(&test.batch) }
        }
        var query = HistoryQuery(matches: starts(with: "/want/"))
        query.limit = 1_500
        let answer = test.answer(query)
        #expect(answer.records.map(\.sequence) == (1...1_500).map { $0 * 3 })
        #expect(answer.slices >= 3)
        #expect(answer.end?.isLimited == true)
        #expect(answer.end?.isComplete == true)
        #expect(answer.position == 4_500)

        // The next slice is read when it is asked for, not before.
        let id = try #require(test.storage.replay(HistoryQuery(matches: everything), through: 6_000))
        var first: [HistorySlice] = []
        #expect(
            test.wait {
                first += test.storage.takeSlices()
                return !first.isEmpty
            })
        let other = test.answer(HistoryQuery(after: 5_990, matches: everything))
        #expect(other.records.count == 10)
        #expect(first.count == 1)
        #expect(test.storage.takeSlices().isEmpty)
        test.storage.continueReplay(id)
        #expect(
            test.wait {
                first += test.storage.takeSlices()
                return first.count == 2
            })
        #expect(first[1].records.first?.sequence == first[0].position + 1)
        test.storage.cancelReplay(id)
        test.storage.continueReplay(id)
        #expect(test.answer(HistoryQuery(after: 5_999, matches: everything)).records.count == 1)
        #expect(test.storage.takeSlices().isEmpty)
    }

    @Test(arguments: UInt64(1)...25)
    func `answers as a list in memory would`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let test = try StorageUnderTest(SimulatedDisk()) { $0.segmentBytes = 700 }
        defer { test.storage.close(isClean: false) }
        var entries: [JournalEntry] = []
        for _ in 0..<200 {
            let entry = random.entry()
            entries.append(entry)
            test.batch.add(entry)
            if random.below(5) == 0 { test.storage.submit(&test.batch) }
        }
        test.storage.submit(&test.batch)
        for _ in 0..<20 {
            var query = HistoryQuery(after: UInt64(random.below(200)), matches: starts(with: "/p/\(random.below(4))"))
            if random.below(2) == 0 { query.from = Int64(random.below(1 << 51)) }
            if random.below(2) == 0 { query.to = query.from &+ Int64(random.below(1 << 51)) }
            query.types = HistoryTypes(params: random.below(3) > 0, signals: random.next())
            let through = max(query.after, UInt64(random.below(201)))
            var expected: [(UInt64, JournalEntry)] = []
            for (index, entry) in entries.enumerated() where index >= query.after && index < through {
                expected += entry.parts.filter {
                    $0.isWanted(by: query.types) && query.from <= $0.time && $0.time <= query.to
                        && query.matches($0.address.span)
                }.map { (UInt64(index + 1), $0) }
            }
            let whole = test.answer(query, through: through)
            #expect(whole.records.map(\.sequence) == expected.map(\.0), "seed \(seed)")
            #expect(whole.records.map(\.entry) == expected.map(\.1), "seed \(seed)")
            #expect(whole.end?.isComplete == true)
            #expect(whole.position == through)

            // By pages: nothing twice, nothing left out.
            var paged: [JournalHistory.Record] = []
            query.limit = 1 + random.below(4)
            while true {
                let page = test.answer(query, through: through)
                paged += page.records
                query.after = page.position
                if page.end?.isLimited != true { break }
            }
            #expect(paged == whole.records, "seed \(seed)")
        }
    }

    @Test func `gives a bundle whole or not yet`() throws {
        let test = try StorageUnderTest(SimulatedDisk())
        defer { test.storage.close(isClean: false) }
        test.batch.add(write("/a", at: 1))
        test.batch.add(.bundle([write("/b", at: 2), event("/c", at: 2), write("/d", at: 2)]))
        test.batch.add(write("/e", at: 3))
        test.storage.submit(&test.batch)
        var query = HistoryQuery(matches: everything)
        query.limit = 2
        let first = test.answer(query)
        #expect(first.records.map(\.sequence) == [1])
        query.after = first.position
        let second = test.answer(query)
        #expect(second.records.map(\.sequence) == [2, 2, 2])
        query.after = second.position
        let third = test.answer(query)
        #expect(third.records.map(\.sequence) == [3])
        #expect(third.end?.isLimited == false)
    }

    @Test func `waits for what is on its way to the disk`() throws {
        let disk = SimulatedDisk()
        let test = try StorageUnderTest(disk)
        defer { test.storage.close(isClean: false) }
        disk.stall("data")
        for number in 1...10 { test.batch.add(event("/e", at: Int64(number))) }
        // Asked in the middle of a tick, before its records are handed over.
        let id = try #require(test.storage.replay(HistoryQuery(matches: everything), through: 10))
        test.storage.submit(&test.batch)
        #expect(test.storage.takeSlices().isEmpty)
        disk.stall(nil)
        var slices: [HistorySlice] = []
        #expect(
            test.wait {
                slices += test.storage.takeSlices()
                return !slices.isEmpty
            })
        #expect(slices.count == 1 && slices[0].replay == id)
        #expect(slices[0].records.count == 10)
        #expect(slices[0].end?.isComplete == true)
    }

    @Test func `says that it is not complete when it is not`() throws {
        let disk = SimulatedDisk()
        var test = try StorageUnderTest(disk, epoch: 10) {
            $0.segmentBytes = 500
            $0.historyBytes = 1_500
        }
        var model = Model()
        for number in 1...100 {
            let entry = write("/p/\(number % 7)", at: Int64(number), revision: UInt64(number))
            test.batch.add(entry)
            model.apply(entry)
            test.commit()
            if number % 20 == 0 { #expect(test.checkpoint(model)) }
        }
        let oldest = test.storage.oldestPosition
        #expect(oldest > 2)
        #expect(test.answer(HistoryQuery(after: oldest - 1, matches: everything)).end?.isComplete == true)
        let tooOld = test.answer(HistoryQuery(after: oldest - 2, matches: everything))
        #expect(tooOld.end?.isComplete == false)
        #expect(tooOld.end?.oldest == oldest)
        #expect(tooOld.records.count == 101 - Int(oldest))
        #expect(test.answer(HistoryQuery(after: 101, matches: everything)).end?.isComplete == false)
        let epoch = test.storage.epoch

        // An orderly stop loses nothing, so positions of before go on counting.
        #expect(test.checkpoint(model, isLast: true))
        test.storage.close(isClean: true)
        test = try StorageUnderTest(disk, epoch: 20)
        #expect(test.storage.epoch == epoch)
        #expect(test.answer(HistoryQuery(after: 95, epoch: epoch, matches: everything)).end?.isComplete == true)
        test.batch.add(event("/e", at: 101))
        test.commit()
        let resumed = test.answer(HistoryQuery(after: 95, epoch: epoch, matches: everything))
        #expect(resumed.records.map(\.sequence) == Array(96...101))
        #expect(resumed.end?.isComplete == true)
        test.storage.close(isClean: false)

        // Any other end may have lost something: what is there is given, but not as all.
        test = try StorageUnderTest(disk, epoch: 30)
        #expect(test.storage.epoch != epoch)
        let after = test.answer(HistoryQuery(after: 95, epoch: epoch, matches: everything))
        #expect(after.records.map(\.sequence) == Array(96...101))
        #expect(after.end?.isComplete == false)
        #expect(after.end?.epoch == test.storage.epoch)
        let unknown = test.answer(HistoryQuery(after: 95, epoch: 4_711, matches: everything))
        #expect(unknown.records.first?.sequence == test.storage.oldestPosition)
        #expect(unknown.end?.isComplete == false)

        // Damage in the middle is a gap.
        let victim = try #require(disk.files.keys.filter { $0.hasPrefix("data/journal/") }.sorted().dropFirst().first)
        disk[victim]?[100] ^= 1
        #expect(
            test.answer(HistoryQuery(after: oldest - 1, matches: everything)).end?.isComplete == false)
        test.storage.close(isClean: false)
    }

    @Test func `is never said to be complete while the journal is down`() throws {
        let disk = SimulatedDisk()
        let test = try StorageUnderTest(disk)
        defer { test.storage.close(isClean: false) }
        test.batch.add(event("/e", at: 1))
        test.commit()
        disk.fail(.init(call: .write, at: 1, fault: .error(FileError.inputOutput), persists: true))
        test.batch.add(event("/e", at: 2))
        test.commit()
        let answer = test.answer(HistoryQuery(matches: everything))
        #expect(answer.records.count == 1)
        #expect(answer.end?.isComplete == false)
    }

    @Test func `turns away more than can be answered, and everyone where nothing is kept`() throws {
        let test = try StorageUnderTest(SimulatedDisk()) { $0.maxReplays = 3 }
        defer { test.storage.close(isClean: false) }
        for number in 1...1_000 { test.batch.add(event("/e", at: Int64(number))) }
        test.storage.submit(&test.batch)
        let query = HistoryQuery(matches: everything)
        let asked = (0..<5).map { _ in test.storage.replay(query, through: 1_000) }
        #expect(asked.map { $0 == nil } == [false, false, false, true, true])
        for id in asked { if let id { test.storage.cancelReplay(id) } }
        #expect(test.answer(query).records.count == 1_000)

        let none = try StorageUnderTest(SimulatedDisk(), durability: .none)
        defer { none.storage.close(isClean: false) }
        #expect(none.storage.replay(query, through: 0) == nil)
    }

    @Test func `grows old also when nothing is written any more`() throws {
        let disk = SimulatedDisk()
        let test = try StorageUnderTest(disk) {
            $0.segmentBytes = 300
            $0.dropInterval = .milliseconds(1)
        }
        defer { test.storage.close(isClean: false) }
        var model = Model()
        for number in 1...60 {
            let entry = write("/p/\(number)", at: test.now, revision: 1)
            test.batch.add(entry)
            model.apply(entry)
            test.commit()
        }
        #expect(test.checkpoint(model))
        #expect(test.checkpoint(model))
        #expect(test.storage.oldestPosition == 1)
        test.now += 25 * 3_600_000_000
        #expect(test.wait { test.storage.oldestPosition > 1 })
        #expect(test.wait { disk.files.keys.count { $0.hasPrefix("data/journal/") } == 1 })
    }

    @Test func `is found without reading what lies before it, also after an orderly restart`() throws {
        let disk = SimulatedDisk()
        let first = try StorageUnderTest(disk)
        for number in 1...4_000 {
            first.batch.add(event("/e", at: Int64(number), size: 200))
            if number % 50 == 0 { first.storage.submit(&first.batch) }
        }
        func ask(_ test: StorageUnderTest) {
            for after in [UInt64(3_000), 3_001, 3_499, 3_990, 4_000] {
                let answer = test.answer(HistoryQuery(after: after, matches: everything))
                #expect(answer.records.map(\.sequence) == Array(after + 1..<4_001))
                #expect(answer.end?.isComplete == true)
            }
        }
        first.commit()
        ask(first)
        #expect(first.checkpoint(Model(), isLast: true))
        first.storage.close(isClean: true)
        let second = try StorageUnderTest(disk)
        #expect(second.storage.report.isContinued)
        // Damage that nobody has to read any more takes nothing from the answers behind it.
        disk["data/journal/00000001.log"]?[1_000] ^= 1
        ask(second)
        let answer = second.answer(HistoryQuery(after: 0, matches: everything))
        #expect(answer.end?.isComplete == false)
        second.storage.close(isClean: false)
    }
}
