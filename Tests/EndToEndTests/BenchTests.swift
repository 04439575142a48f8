import RelayJSON
import RelayTestKit
import Testing

/// `relay-bench`, the built program, against the built relay: each scenario, as small as it can be.
@Suite(.serialized) struct `The load generator` {
    private static let program = PackageFiles.root + "/.build/release/relay-bench"

    private func run(_ words: String...) throws -> JSONValue {
        let directory = try TemporaryDirectory()
        let results = directory.path + "/results"
        let (status, text) = try RelayProcess(
            words + ["--json", results, "--relay", RelayProcess.binary, "--dir", directory.path, "--pin", "no"],
            program: Self.program
        ).finish()
        #expect(status == 0, "\(String(decoding: text, as: UTF8.self))")
        let record = try JSONValue(parsing: try PackageFiles.text(at: results))
        for key in ["missing", "duplicates", "reordered", "stale", "closed", "errors", "strays"] {
            if let count = record[key] { #expect(count == 0, "\(key)") }
        }
        return record
    }

    private func figure(_ record: JSONValue, _ key: String) -> Double {
        let figure = record[key]?.double
        #expect(figure != nil, "\(key)")
        return figure ?? 0
    }

    @Test func `floods a fan-out and sees every message once, in order`() throws {
        let record = try run(
            "fanout", "--subscribers", "5", "--publishers", "2", "--seconds", "0.1", "--warm-up", "0.05")
        #expect(figure(record, "deliveries") > 500)
        #expect(figure(record, "cpu_us_per_delivery") > 0)
        #expect(figure(record, "p50_us") > 0 && figure(record, "p99_us") >= figure(record, "p50_us"))
        #expect(figure(record, "resident_bytes") > 1_000_000)
    }

    @Test func `keeps a rate, with events that are acknowledged`() throws {
        let record = try run(
            "fanout", "--subscribers", "3", "--rate", "500", "--signal", "event", "--quality", "confirm", "--size",
            "200",
            "--seconds", "1", "--warm-up", "0.05")
        #expect(figure(record, "sent") >= 250)
        #expect(record["curve"]?.array?.count ?? 0 > 10)
    }

    @Test func `fills rooms`() throws {
        let record = try run(
            "rooms", "--rooms", "4", "--members", "3", "--rate", "50", "--seconds", "0.2", "--warm-up", "0.05")
        #expect(figure(record, "deliveries") >= figure(record, "sent") * 2)
    }

    @Test func `joins late and gets every param`() throws {
        let record = try run("joiner", "--params", "2500", "--joiners", "2")
        #expect(figure(record, "join_ms") > 0 && figure(record, "cpu_ms_per_join") > 0)
        #expect(figure(record, "bytes_per_join") > 2_500 * 40)
    }

    @Test func `idles`() throws {
        let record = try run("idle", "--sessions", "40", "--distinct", "yes", "--seconds", "0.1", "--settle", "0.05")
        #expect(figure(record, "cpu_us_per_join") > 0)
        #expect(record["resident_bytes_per_session"] != nil)
    }

    @Test func `stops reading, and has the newest values in the end`() throws {
        let record = try run(
            "slow", "--subscribers", "2", "--slow", "2", "--rate", "4000", "--size", "8000", "--addresses", "20",
            "--fill", "0.1",
            "--stall", "0.3", "--seconds", "0.1")
        #expect(figure(record, "slow_conflated") > 0)
        #expect(figure(record, "slow_without_newest") + figure(record, "slow_lost") == 0)
    }

    @Test func `comes and goes`() throws {
        let record = try run(
            "churn", "--joins", "200", "--rate", "200", "--subscribers", "2", "--seconds", "0.2", "--warm-up", "0.05")
        #expect(figure(record, "joins") > 20 && figure(record, "joins_failed") == 0)
        #expect(figure(record, "p50_us_join") > 0)
    }

    @Test func `says what is wrong, and ends`() throws {
        for words in [
            ["fanout", "--subscribers", "0"], ["fanout", "--nonsense", "1"], ["rooms", "--url", "ws://127.0.0.1:1"],
        ] {
            let (status, text) = try RelayProcess(words, program: Self.program).finish()
            #expect(status == 69)
            #expect(String(decoding: text, as: UTF8.self).contains("relay-bench \(words[0]): "))
        }
    }
}
