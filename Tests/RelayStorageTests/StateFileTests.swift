import RelayJSON
import RelayStorage
import RelayTestKit
import RelayThreads
import Testing

/// The bytes of a file under Tests/Golden.
func goldenFile(_ name: String) throws -> [UInt8] {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let files = LinuxFileSystem()
    let file = try files.open("/\(tests)/Golden/\(name)", .read)
    defer { files.close(file) }
    var bytes: [UInt8] = []
    while try files.read(file, upTo: 1 << 16, into: &bytes) > 0 {}
    return bytes
}

private func load(_ text: [UInt8]) throws -> StorageUnderTest {
    let disk = SimulatedDisk()
    disk["data/state.json"] = text
    return try StorageUnderTest(disk)
}

@Test func `a state file of the reference is imported whole`() throws {
    let text = try goldenFile("reference-state.json")
    let test = try load(text)
    let report = test.storage.report
    #expect(report.isImport)
    #expect(report.wantsCheckpointFirst)
    #expect(report.findings.isEmpty)
    #expect(test.recovered.params.count == 9)
    func param(_ address: String) throws -> Model.Param { try #require(test.recovered.params[Array(address.utf8)]) }
    #expect(try param("/lights/1/brightness").value == [0x07] + bigEndian(1.0.bitPattern, 8))
    #expect(try param("/lights/1/brightness").stamp == ParamStamp(revision: 42, timestamp: 1_763_692_020_123_456))
    #expect(try param("/lights/1/brightness").writer == Array("3f1c8f0e-8e0b-4a55-9a53-0a4c6a1f7a11".utf8))
    #expect(try param("/count").value == [0x05] + bigEndian(7, 8))
    #expect(try param("/null").value == [0x00])
    #expect(try param("/größe/😀").value == [0x08, 0, 6] + Array("é\u{1F600}".utf8))
    // Bytes come as arrays of integers there, and stay what they look like.
    #expect(try param("/bytes").value == [0x0A, 0, 2] + [0x05] + bigEndian(1, 8) + [0x05] + bigEndian(255, 8))
    // Neither is a mark in a file of the reference.
    #expect(try param("/mark").value.starts(with: [0x0B, 0, 1, 0, 6]))
    let bare = try param("/bare")
    #expect(bare.stamp.revision == 1)
    #expect(bare.stamp.timestamp == 1_700_000_000_000_000, "as if written now")
    #expect(bare.writer.isEmpty)

    // Our own file then has them all, and the original is the previous one.
    #expect(test.checkpoint(test.recovered))
    #expect(test.disk["data/state.json.prev"] == text)
    let next = try StorageUnderTest(test.disk.afterKill())
    #expect(!next.storage.report.isImport)
    #expect(next.recovered == test.recovered)
    next.storage.close(isClean: false)
    test.storage.close(isClean: false)
}

@Test func `an import does not inherit the journal of another history`() throws {
    let disk = SimulatedDisk()
    let first = try StorageUnderTest(disk)
    first.batch.add(.remove(address: Array("/count".utf8), revision: 1, timestamp: 1))
    first.commit()
    first.storage.close(isClean: false)
    disk["data/state.json"] = try goldenFile("reference-state.json")
    let second = try StorageUnderTest(disk)
    #expect(second.recovered.params[Array("/count".utf8)] != nil)
    #expect(disk.files.keys.contains { $0.hasPrefix("data/quarantine/00000001.log") })
    second.storage.close(isClean: false)
}

@Test func `the state file of version 2 still loads`() throws {
    let test = try load(try goldenFile("state-v2.json"))
    #expect(test.storage.report.sequence == 1_234)
    #expect(test.recovered.params.count == 5)
    let door = try #require(test.recovered.params[Array("/door".utf8)])
    #expect(door.stamp == ParamStamp(revision: 3, timestamp: 20, lifetime: .absolute(60, since: 10), flags: 1))
    #expect(door.value == [0x09, 0, 3, 1, 2, 255])
    test.storage.close(isClean: false)
}

@Test func `the writer still writes version 2 as it was`() throws {
    let text = try goldenFile("state-v2.json")
    var model = Model()
    func add(_ address: String, _ value: [UInt8], _ stamp: ParamStamp, writer: String = "s1") {
        model.params[Array(address.utf8)] = .init(value: value, writer: Array(writer.utf8), stamp: stamp)
    }
    add("/a", [0x05] + bigEndian(1, 8), ParamStamp(revision: 1, timestamp: 1))
    add("/b", [0x07] + bigEndian(1.0.bitPattern, 8), ParamStamp(revision: 2, timestamp: 2, lifetime: .never))
    add(
        "/c", [0x07] + bigEndian(Double.nan.bitPattern, 8),
        ParamStamp(revision: 3, timestamp: 3, lifetime: .sliding(60)))
    add(
        "/door", [0x09, 0, 3, 1, 2, 255],
        ParamStamp(revision: 3, timestamp: 20, lifetime: .absolute(60, since: 10), flags: 1))
    add("/é", [0x0B, 0, 1, 0, 6] + Array("$bytes".utf8) + [0x00], ParamStamp(revision: .max, timestamp: 4), writer: "")
    let disk = SimulatedDisk()
    let test = try StorageUnderTest(disk, epoch: 0xABCD)
    #expect(test.storage.beginCheckpoint(ModelContents(model), at: 1_234))
    #expect(test.storage.waitForCheckpoint())
    test.storage.close(isClean: false)
    #expect(
        disk["data/state.json"].map { String(decoding: $0, as: UTF8.self) } == String(decoding: text, as: UTF8.self))
}

@Test func `a reader of the reference finds what it knows in our file`() throws {
    let value = try JSONValue(parsing: try goldenFile("state-v2.json"))
    let params = try #require(value["params"]?.array)
    for param in params {
        #expect(param["address"]?.string != nil)
        #expect(param["value"] != nil)
        #expect(param["revision"]?.unsigned != nil)
        #expect(param["writer"]?.string != nil)
        #expect(param["timestamp"]?.int != nil)
    }
}

@Test(arguments: [
    "", "{", "[]", "{}", #"{"params":{}}"#, #"{"params":[],"params":[]}"#, #"{"params":[{"address":"/a"}]}"#,
    #"{"params":[{"value":1}]}"#, #"{"params":[{"address":1,"value":1}]}"#, #"{"params":[1]}"#, #"{"params":[]} x"#,
    #"{"params":[{"address":"/a","value":1,"revision":-1}]}"#,
    #"{"params":[{"address":"/a","value":1,"revision":1.5}]}"#,
    #"{"params":[],"crc32c":"00000000"}"#, #"{ "v":2,"params":[]}"#, #"{"v":2,"params":[]}"#, #"{"v":3,"params":[]}"#,
    #"{"params":[],"v":2,"epoch":"1","sequence":1,"clean":true,"written":1,"count":0}"#,
])
func `what is no state file is refused and kept`(text: String) throws {
    let disk = SimulatedDisk()
    disk["data/state.json"] = Array(text.utf8)
    let error = #expect(throws: StorageError.self) { try StorageUnderTest(disk) }
    guard case .refused(let findings, _) = error else {
        Issue.record("\(String(describing: error))")
        return
    }
    #expect(findings.first?.file == "state.json")
    #expect(disk["data/state.json"] == Array(text.utf8))
    #expect(!disk.files.keys.contains { $0.contains("journal") || $0.contains("quarantine") })
}

@Test func `an empty list of params is a state like any other`() throws {
    let test = try load(Array(#"{"params":[]}"#.utf8))
    #expect(test.recovered.params.isEmpty)
    #expect(test.storage.report.isImport)
    test.storage.close(isClean: false)
}

@Test func `nothing changes on a real disk either`() throws {
    let directory = try TemporaryDirectory()
    var options = StorageOptions(directory: directory.path + "/data")
    options.segmentBytes = 2_000
    var model = Model()
    var random = SeededRandom(seed: 12)
    for life in 0..<3 {
        var recovered = Model()
        let storage = try Storage.open(options, .real(wake: {}), into: &recovered)
        #expect(recovered == model)
        #expect(storage.report.findings.isEmpty)
        #expect(storage.report.isContinued == (life == 2))
        var batch = storage.makeBatch()
        for _ in 0..<50 {
            let entry = random.entry()
            batch.add(entry)
            model.apply(entry)
            storage.submit(&batch)
        }
        #expect(throws: StorageError.self) {
            var other = Model()
            _ = try Storage.open(options, .real(wake: {}), into: &other)
        }
        if life == 1 {
            #expect(storage.beginCheckpoint(ModelContents(model), at: batch.sequence, isLast: true))
            #expect(storage.waitForCheckpoint())
        }
        storage.close(isClean: life == 1)
    }
}
