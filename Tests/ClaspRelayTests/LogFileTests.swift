import RelayTestKit
import Testing

@testable import clasp_relay

@Suite struct `The log as a file` {
    @Test func `is exchanged before it grows beyond its bound, however many lines come at once`() throws {
        let place = try TemporaryDirectory()
        let path = place.path + "/relay.log"
        let file = try LogFile(path, maxBytes: 1_000)
        let lines = (0..<50).map { "line \($0) of fifty lines\n" }
        file.write(Array(lines[0].utf8))
        file.write(Array(lines[1..<50].joined().utf8))
        let (newest, before) = (try PackageFiles.bytes(at: path), try PackageFiles.bytes(at: path + ".1"))
        #expect(newest.count <= 1_000 && before.count <= 1_000)
        let kept = String(decoding: before + newest, as: UTF8.self)
        #expect(lines.joined().hasSuffix(kept))
        #expect(kept.count > 1_000)
    }

    @Test func `gives a line that is longer than that a file of its own`() throws {
        let place = try TemporaryDirectory()
        let path = place.path + "/relay.log"
        let file = try LogFile(path, maxBytes: 10)
        file.write(Array("short\nmuch longer than ten\nlast\n".utf8))
        #expect(try PackageFiles.bytes(at: path + ".1") == Array("much longer than ten\n".utf8))
        #expect(try PackageFiles.bytes(at: path) == Array("last\n".utf8))
    }
}
