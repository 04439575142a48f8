import RelayJSON
import RelayStorage
import RelayTestKit
import Testing

/// Writes one param into a checkpoint and reads it back.
private func roundTrip(_ value: [UInt8]) throws -> (text: JSONValue, value: [UInt8]?) {
    let disk = SimulatedDisk()
    var model = Model()
    model.params[Array("/a".utf8)] = .init(value: value, writer: [], stamp: ParamStamp(revision: 1, timestamp: 1))
    let first = try StorageUnderTest(disk)
    #expect(first.checkpoint(model))
    first.storage.close(isClean: false)
    let text = try JSONValue(parsing: disk["data/state.json"] ?? [], depthLimit: 200)
    let second = try StorageUnderTest(disk)
    defer { second.storage.close(isClean: false) }
    return (text["params"]?[0]?["value"] ?? "missing", second.recovered.params[Array("/a".utf8)]?.value)
}

private func text(_ string: String) -> [UInt8] { bigEndian(UInt64(string.utf8.count), 2) + Array(string.utf8) }
private func float(_ value: Double) -> [UInt8] { [0x07] + bigEndian(value.bitPattern, 8) }
private func int(_ value: Int64) -> [UInt8] { [0x05] + bigEndian(UInt64(bitPattern: value), 8) }

private let values: [(value: [UInt8], text: JSONValue)] = [
    ([0x00], .null), ([0x01, 0x01], true), (int(1), 1), (float(1), 1.0), (int(.min), .int(.min)),
    (int(.max), .int(.max)),
    (float(-0.0), -0.0), (float(0.1), 0.1), (float(.greatestFiniteMagnitude), .double(.greatestFiniteMagnitude)),
    (float(.nan), ["$f64": "7ff8000000000000"]), (float(.infinity), ["$f64": "7ff0000000000000"]),
    (float(-.infinity), ["$f64": "fff0000000000000"]),
    ([0x07] + bigEndian(0x7FF0_0000_0000_0001, 8), ["$f64": "7ff0000000000001"]),
    ([0x08] + text("é\"\n\u{0}😀"), "é\"\n\u{0}😀"), ([0x08] + text(""), ""),
    ([0x09, 0, 3, 1, 2, 255], ["$bytes": "AQL/"]), ([0x09, 0, 0], ["$bytes": ""]),
    ([0x09, 0, 1, 7], ["$bytes": "Bw=="]),
    ([0x0A, 0, 2] + int(1) + float(1), [1, 1.0]), ([0x0A, 0, 0], []), ([0x0B, 0, 0], [:]),
    ([0x0B, 0, 1] + text("$bytes") + [0x08] + text("AQ=="), ["$map": ["$bytes": "AQ=="]]),
    ([0x0B, 0, 1] + text("$map") + [0x0B, 0, 0], ["$map": ["$map": [:]]]),
    ([0x0B, 0, 2] + text("$f64") + int(1) + text("x") + int(2), ["$map": ["$f64": 1, "x": 2]]),
    ([0x0B, 0, 2] + text("x") + int(1) + text("$bytes") + int(2), ["x": 1, "$bytes": 2]),
    ([0x0B, 0, 2] + text("a") + int(1) + text("a") + int(2), .object([JSONMember("a", 1), JSONMember("a", 2)])),
]

@Test(arguments: values.indices)
func `a value is in the state file as JSON says it, and comes back byte by byte`(index: Int) throws {
    let (value, expected) = values[index]
    let (text, read) = try roundTrip(value)
    #expect(text.encoded() == expected.encoded())
    #expect(read == value)
}

@Test func `sixty-four levels of marked maps survive`() throws {
    var value = int(1)
    for _ in 0..<64 { value = [0x0B, 0, 1] + text("$map") + value }
    #expect(try roundTrip(value).value == value)
}

@Test(
    arguments: [
        [], [0x0C], [0x05, 1], [0x08, 0, 5, 0x61], [0x0A, 0, 2, 0x00], [0x0B, 0, 1, 0, 1, 0x61], [0x00, 0x00],
        [0x02, 1],
    ] as [[UInt8]])
func `what is no value costs only itself`(bytes: [UInt8]) throws {
    let disk = SimulatedDisk()
    var model = Model()
    let stamp = ParamStamp(revision: 1, timestamp: 1)
    for name in ["/a", "/c"] { model.params[Array(name.utf8)] = .init(value: [0x00], writer: [], stamp: stamp) }
    let expected = model
    model.params[Array("/b".utf8)] = .init(value: bytes, writer: [], stamp: stamp)
    let first = try StorageUnderTest(disk)
    #expect(first.checkpoint(model))
    #expect(first.storage.health.lastCheckpoint?.rejected == 1)
    first.storage.close(isClean: false)
    let second = try StorageUnderTest(disk)
    #expect(second.recovered == expected)
    second.storage.close(isClean: false)
}

@Test(arguments: UInt64(1)...30)
func `random params survive a checkpoint with every stamp`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var model = Model()
    for index in 0..<40 {
        model.params[Array("/\(index)".utf8) + random.text()] = .init(
            value: random.value(), writer: random.text(), stamp: random.stamp())
    }
    let disk = SimulatedDisk()
    let first = try StorageUnderTest(disk)
    #expect(first.checkpoint(model))
    first.storage.close(isClean: false)
    let second = try StorageUnderTest(disk)
    #expect(second.recovered == model)
    #expect(second.storage.report.findings.isEmpty)
    second.storage.close(isClean: false)
}
