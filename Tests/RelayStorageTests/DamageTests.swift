import RelayStorage
import RelayTestKit
import Testing

/// A directory with two checkpoints and several segments, and the state after each of its records.
private struct Directory {
    var files: [String: [UInt8]]
    var states: [Model]

    init(seed: UInt64, stops isClean: Bool) throws {
        var random = SeededRandom(seed: seed)
        let disk = SimulatedDisk()
        let test = try StorageUnderTest(disk) { $0.segmentBytes = 400 }
        states = [Model()]
        for round in 0..<40 {
            var model = states[states.count - 1]
            let entry = random.entry()
            test.batch.add(entry)
            model.apply(entry)
            states.append(model)
            test.commit()
            if round == 12 || round == 25 { #expect(test.checkpoint(model)) }
        }
        if isClean { #expect(test.checkpoint(states[40], isLast: true)) }
        files = disk.files
        test.storage.close(isClean: isClean)
        if isClean { files = disk.files }
    }

    var disk: SimulatedDisk {
        let disk = SimulatedDisk()
        for (path, content) in files { disk[path] = content }
        return disk
    }
}

private func isKept(_ content: [UInt8], on disk: SimulatedDisk) -> Bool { disk.files.values.contains(content) }

/// Starts on a directory with one damaged file. Returns whether the damage was noticed.
private func start(_ directory: Directory, _ path: String, _ damaged: [UInt8]) throws -> Bool {
    let disk = directory.disk
    disk[path] = damaged
    let test = try StorageUnderTest(disk)
    defer { test.storage.close(isClean: false) }
    let report = test.storage.report
    #expect(test.recovered == directory.states[Int(report.sequence)], "\(path)")
    for (other, content) in directory.files where other != "data/lease" && other != path {
        #expect(isKept(content, on: disk), "\(other) was overwritten")
    }
    // A crash may have left the newest segment shorter than its head. Nothing is in there that could be kept.
    let newest = directory.files.keys.filter { $0.hasPrefix("data/journal/") }.max()
    if damaged.count >= 40 || path != newest {
        #expect(isKept(damaged, on: disk), "\(path) was overwritten")
    }
    for finding in report.findings {
        let name = finding.file.split(separator: "/").last.map(String.init) ?? ""
        #expect(disk.files.keys.contains { $0.hasPrefix("data/quarantine/\(name)") && $0.hasSuffix(".reason.txt") })
    }
    // Journal that both checkpoints cover is judged when somebody reads the history.
    var history = test.storage.history(after: (test.storage.history().oldest ?? 1) - 1)
    var records = 0
    while history.next() != nil { records += 1 }
    return !report.findings.isEmpty || !report.isContinued || !history.isComplete
}

@Test func `an undamaged directory is continued without a finding`() throws {
    let directory = try Directory(seed: 1, stops: true)
    let test = try StorageUnderTest(directory.disk)
    #expect(test.storage.report.isContinued)
    #expect(test.storage.report.findings.isEmpty)
    #expect(test.recovered == directory.states[40])
    var history = test.storage.history()
    var sequence: UInt64 = 0
    while let record = history.next() {
        sequence += 1
        #expect(record.sequence == sequence)
    }
    #expect(sequence == 40)
    #expect(history.isComplete)
    test.storage.close(isClean: false)
    #expect(directory.files.count >= 7)
}

@Test(arguments: ["state.json", "state.json.prev", "journal/"])
func `every cut and every flipped bit is noticed, and nothing is overwritten`(kind: String) throws {
    let directory = try Directory(seed: 1, stops: true)
    var random = SeededRandom(seed: 99)
    var cases = 0
    for (path, content) in directory.files.sorted(by: { $0.key < $1.key }) {
        let name = path.dropFirst("data/".count)
        guard name == kind || (kind == "journal/" && name.hasPrefix(kind)) else { continue }
        for length in stride(from: 0, to: content.count, by: 97) {
            // A file that ends with a whole record cannot be told from a shorter one, unless it is the last.
            let isNoticed = try start(directory, path, Array(content.prefix(length)))
            #expect(isNoticed, "\(path) cut to \(length) bytes")
            cases += 1
        }
        for _ in 0..<(kind == "journal/" ? 300 : 1_250) {
            let bit = random.below(content.count * 8)
            var damaged = content
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try start(directory, path, damaged), "\(path) with bit \(bit) flipped")
            cases += 1
        }
    }
    // Over 5,000 in all.
    #expect(cases >= (kind == "journal/" ? 2_500 : 1_250))
}

@Test func `without a farewell a damaged directory still gives a state that was`() throws {
    let directory = try Directory(seed: 5, stops: false)
    var random = SeededRandom(seed: 98)
    for (path, content) in directory.files where path != "data/lease" {
        for _ in 0..<60 {
            var damaged = content
            switch random.below(3) {
            case 0: damaged = Array(damaged.prefix(random.below(damaged.count)))
            case 1: damaged[random.below(damaged.count)] ^= UInt8(1 + random.below(255))
            default: damaged.insert(UInt8(random.below(256)), at: random.below(damaged.count))
            }
            _ = try start(directory, path, damaged)
        }
    }
}

@Test func `the previous checkpoint and the journal replace a damaged checkpoint without loss`() throws {
    let directory = try Directory(seed: 2, stops: false)
    let disk = directory.disk
    disk["data/state.json"]?[100] ^= 4
    let test = try StorageUnderTest(disk)
    #expect(test.recovered == directory.states[40])
    #expect(test.storage.report.checkpoint == "state.json.prev")
    #expect(test.storage.report.wantsCheckpointFirst)
    #expect(test.storage.wantsCheckpoint)
    #expect(test.storage.health.quarantined == 1)
    #expect(test.checkpoint(test.recovered))
    test.storage.close(isClean: false)
    let next = try StorageUnderTest(disk.afterKill())
    #expect(next.recovered == directory.states[40])
    #expect(next.storage.report.checkpoint == "state.json")
    next.storage.close(isClean: false)
}

@Test func `strict refuses and touches nothing`() throws {
    let directory = try Directory(seed: 3, stops: true)
    for path in directory.files.keys.sorted() where path != "data/lease" {
        let disk = directory.disk
        guard let count = disk[path]?.count else { continue }
        disk[path]?[count / 2] ^= 1
        let before = disk.files
        do throws(StorageError) {
            let test = try StorageUnderTest(disk, recovery: .strict)
            // Covered journal and bases are not looked at when starting.
            #expect(path.hasPrefix("data/journal/") || path.hasPrefix("data/bases/"))
            test.storage.close(isClean: false)
        } catch {
            #expect(disk.files == before, "\(path)")
            #expect(error.description.contains("Nothing was changed"))
            #expect(error.description.contains("--recover=last-good"))
        }
    }
}

@Test func `last-good ends at damage in the journal, salvage reads around it`() throws {
    let directory = try Directory(seed: 4, stops: false)
    let segments = directory.files.keys.filter { $0.hasPrefix("data/journal/") }.sorted()
    let victim = segments[segments.count - 2]
    let good = directory.disk
    good[victim]?[200] ^= 1
    let first = try StorageUnderTest(good, epoch: 5_000)
    let reached = first.storage.report.sequence
    #expect(reached < 40)
    #expect(first.recovered == directory.states[Int(reached)])
    #expect(good.files.keys.contains { $0.hasPrefix("data/quarantine/") })

    // Goes on from there, and the next start does not stumble over the same stone.
    var model = first.recovered
    let entry = JournalEntry.remove(address: Array("/p/1".utf8), revision: 9, timestamp: 9)
    first.batch.add(entry)
    model.apply(entry)
    first.commit()
    let again = try StorageUnderTest(good.afterKill())
    #expect(again.recovered == model)
    #expect(again.storage.report.sequence == reached + 1)
    #expect(again.storage.report.findings.isEmpty)
    again.storage.close(isClean: false)
    first.storage.close(isClean: false)

    let salvaged = directory.disk
    salvaged[victim]?[200] ^= 1
    let second = try StorageUnderTest(salvaged, recovery: .salvage)
    #expect(second.storage.report.sequence == 40)
    #expect(!second.storage.report.findings.isEmpty)
    let last = directory.states[40].params
    let differing = Set(last.keys).union(second.recovered.params.keys).filter {
        last[$0] != second.recovered.params[$0]
    }
    #expect(differing.count <= 6, "one record is lost, which may be a bundle")
    second.storage.close(isClean: false)
}

@Test func `with both checkpoints damaged only salvage starts, with every line that is whole`() throws {
    let directory = try Directory(seed: 6, stops: true)
    let disk = directory.disk
    for name in ["data/state.json", "data/state.json.prev"] { disk[name]?[150] ^= 1 }
    // Without the oldest journal the state cannot be built from records alone.
    let oldest = try #require(disk.files.keys.filter { $0.hasPrefix("data/journal/") }.min())
    disk[oldest] = nil
    let before = disk.files
    let refusal = #expect(throws: StorageError.self) { try StorageUnderTest(disk) }
    #expect(refusal?.description.contains("--recover=salvage") == true)
    #expect(disk.files == before)
    let test = try StorageUnderTest(disk, recovery: .salvage)
    let last = directory.states[40].params
    #expect(test.recovered.params.filter { last[$0] == $1 }.count >= last.count - 2)
    test.storage.close(isClean: false)
}
