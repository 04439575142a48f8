import Glibc
import RelayJSON
import RelayProtocol
import RelayTestKit
import Testing

@testable import Relay

@Suite struct `Metrics` {
    private let text = String(decoding: RelayStatus.sample.metrics, as: UTF8.self)
    private var lines: [Substring] { text.split(separator: "\n") }

    @Test func `are what Prometheus takes for clean`() throws {
        #expect(try promtool("check metrics", input: text) == 0)
        // The tool must be able to find fault.
        #expect(try promtool("check metrics", input: "# TYPE a counter\na{b=\"c} 1\n") != 0)
        let quiet = RelayStatus(version: "1", name: "", started: 0, now: 0)
        #expect(try promtool("check metrics", input: String(decoding: quiet.metrics, as: UTF8.self)) == 0)
    }

    @Test func `have a help and a type each, once, and our prefix`() {
        let helps = lines.filter { $0.hasPrefix("# HELP ") }.map { $0.split(separator: " ")[2] }
        let types = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(helps == types)
        #expect(Set(helps).count == helps.count)
        #expect(helps.allSatisfy { $0.hasPrefix("relay_") })
        #expect(helps.count > 60)
    }

    @Test func `count each type of message and each limit, from the start`() {
        for type in MessageType.allCases {
            let name = type.name.description.lowercased()
            #expect(lines.contains { $0.hasPrefix("relay_messages_received_total{type=\"\(name)\"} ") })
        }
        #expect(lines.contains("relay_messages_received_total{type=\"set\"} 40"))
        for limit in LimitName.allCases {
            #expect(lines.contains { $0.hasPrefix("relay_limit_refusals_total{limit=\"\(limit.name)\"} ") })
        }
        #expect(lines.contains("relay_limit_refusals_total{limit=\"rate\"} 2"))
        #expect(lines.contains("relay_errors_sent_total{code=\"429\"} 2"))
    }

    @Test func `show histograms as they are read`() {
        #expect(lines.contains("relay_fanout_listeners_bucket{le=\"2\"} 2"))
        #expect(lines.contains("relay_fanout_listeners_bucket{le=\"128\"} 4"))
        #expect(lines.contains("relay_fanout_listeners_bucket{le=\"+Inf\"} 4"))
        #expect(lines.contains("relay_fanout_listeners_sum 106"))
        #expect(lines.contains("relay_fanout_listeners_count 4"))
        #expect(lines.contains("relay_loop_gap_seconds_sum 0.00409"))
    }

    @Test func `let nobody write into them`() {
        var hostile = RelayStatus.sample
        hostile.version = "1\"} 1\nevil 2\n"
        let lines = String(decoding: hostile.metrics, as: UTF8.self).split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix("evil") })
    }
}

/// Runs Prometheus' own checker over a text; answers its exit status.
func promtool(_ arguments: String, input: String) throws -> Int32 {
    guard let pipe = unsafe popen("promtool \(arguments) >/dev/null 2>&1", "w") else { throw NoPromtool() }
    let bytes = Array(input.utf8)
    let written = unsafe fwrite(bytes, 1, bytes.count, pipe)
    let status = unsafe pclose(pipe)
    guard status != 127 << 8, written <= bytes.count else { throw NoPromtool() }
    return status >> 8 & 0xFF
}

/// `scripts/bootstrap test` installs it.
struct NoPromtool: Error {}

@Suite struct `The monitoring files` {
    private let directory = PackageFiles.root + "/deploy/monitoring/"
    /// What exists, with the series of histograms.
    private let names: Set<String> = {
        let lines = String(decoding: RelayStatus.sample.metrics, as: UTF8.self).split(separator: "\n")
        return Set(lines.filter { !$0.hasPrefix("#") }.map { String($0.prefix { $0 != "{" && $0 != " " }) })
    }()

    private func metrics(in text: String) -> Set<String> {
        Set(
            text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.filter { $0.hasPrefix("relay_") }.map(String.init))
    }

    @Test(arguments: ["dashboard.json", "alerts.yml"])
    func `name only metrics that exist`(file: String) throws {
        let used = metrics(in: try PackageFiles.text(at: directory + file))
        #expect(used.count > 10)
        #expect(used.subtracting(names) == [])
    }

    @Test func `are documented by metrics that exist`() throws {
        let used = metrics(in: try PackageFiles.text(at: PackageFiles.root + "/docs/operations.md"))
        let families = names.union(names.map { $0.replacing("_bucket", with: "") }).union(["relay_"])
        #expect(used.subtracting(families) == [])
    }

    @Test func `are rules that Prometheus takes`() throws {
        #expect(try promtool("check rules '\(directory)alerts.yml'", input: "") == 0)
        #expect(try promtool("check config '\(directory)prometheus.yml'", input: "") == 0)
        #expect(try promtool("check rules '\(directory)dashboard.json'", input: "") != 0)
    }

    @Test func `are a dashboard with a query in every panel`() throws {
        let dashboard = try JSONValue(parsing: Array(try PackageFiles.text(at: directory + "dashboard.json").utf8))
        let panels = (dashboard["panels"]?.array ?? []).filter { $0["type"] != "row" }
        #expect(panels.count > 20)
        for panel in panels { #expect(panel["targets"]?[0]?["expr"]?.string?.isEmpty == false) }
        #expect(Set(panels.compactMap { $0["id"]?.int }).count == panels.count)
    }
}
