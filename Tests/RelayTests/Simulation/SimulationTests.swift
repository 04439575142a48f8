import RelaySimulation
import RelayTestKit
import Testing

/// Random histories, run by a program of their own: it is built for speed, and its one line replays a seed that fails.
@Suite struct `The hub against its model` {
    private static let program = PackageFiles.root + "/.build/release/relay-simulation"

    private func simulate(_ words: String...) throws -> (status: Int32, told: String) {
        let process = try RelayProcess(words, program: Self.program)
        let (status, rest) = try process.finish()
        return (status, String(decoding: rest, as: UTF8.self))
    }

    @Test func `fifty histories of ten thousand steps, without a difference`() throws {
        let (status, told) = try simulate("--kind", "open", "--seeds", "0..<50", "--steps", "10000")
        #expect(status == 0, "\(told)")
    }

    @Test func `rights and rules, a hundred thousand steps without a difference`() throws {
        let (status, told) = try simulate("--kind", "rules", "--seeds", "0..<50", "--steps", "2000")
        #expect(status == 0, "\(told)")
    }

    /// The simulation would notice: with a mistake put in on purpose one of the same fifty histories differs, and the
    /// line that it prints leads to the same step again.
    @Test(arguments: FaultyWires.Fault.allCases) func `a planted mistake is found`(fault: FaultyWires.Fault) throws {
        let (status, told) = try simulate("--seeds", "0..<50", "--steps", "10000", "--fault", fault.rawValue)
        #expect(status == 1)
        let lines = told.split(separator: "\n")
        let words = lines.last?.split(separator: " ").dropFirst().map { String($0) } ?? []
        let again = try RelayProcess(words, program: Self.program).finish()
        #expect(again.status == 1)
        #expect(String(decoding: again.rest, as: UTF8.self).split(separator: "\n").suffix(2) == lines.suffix(2))
    }

    @Test(arguments: [["--seeds", "5"], ["--kind", "odd"], ["--steps"], ["nonsense", "1"]])
    func `what it does not understand it says, with status 64`(words: [String]) throws {
        #expect(try RelayProcess(words, program: Self.program).finish().status == 64)
    }
}
