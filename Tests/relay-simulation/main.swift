import Glibc
import RelaySimulation
import RelayTestKit

// Runs histories of random clients against the hub and its model. Exit status 1, and a line that replays the seed, at
// the first difference.

let usage = """
    usage: relay-simulation [--kind open|rules] [--seeds A..<B | --seed N] [--steps N] [--fault NAME]
           [--last N]     how many of the last actions to show

    """

struct Request {
    var kind = Simulation.Kind.open
    var seeds: Range<UInt64> = 0..<1
    var steps = 10_000
    var fault: FaultyWires.Fault?
    var last = 12

    init?(_ arguments: [String]) {
        var words = arguments[...]
        while let word = words.popFirst() {
            guard let value = words.popFirst() else { return nil }
            switch word {
            case "--kind":
                guard let kind = Simulation.Kind(rawValue: value) else { return nil }
                self.kind = kind
            case "--seed":
                guard let seed = UInt64(value) else { return nil }
                seeds = seed..<seed + 1
            case "--seeds":
                let bounds = value.split(separator: "..<").compactMap { UInt64($0) }
                guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
                seeds = bounds[0]..<bounds[1]
            case "--steps":
                guard let steps = Int(value) else { return nil }
                self.steps = steps
            case "--fault":
                guard let fault = FaultyWires.Fault(rawValue: value) else { return nil }
                self.fault = fault
            case "--last":
                guard let last = Int(value), last >= 0 else { return nil }
                self.last = last
            default: return nil
            }
        }
    }
}

func run(_ request: Request, chat: [UInt8]) -> Int32 {
    for seed in request.seeds {
        var simulation = Simulation(request.kind, seed: seed, chat: chat, fault: request.fault)
        do throws(Simulation.Fault) {
            try simulation.run(steps: request.steps)
        } catch {
            for action in simulation.lastActions.suffix(request.last) { print("  \(action)") }
            print("step \(error.step): \(error)")
            let fault = request.fault.map { " --fault \($0.rawValue)" } ?? ""
            print("relay-simulation --kind \(request.kind.rawValue) --seed \(seed) --steps \(request.steps)\(fault)")
            return 1
        }
    }
    print("\(request.seeds.count) histories of \(request.steps) steps, no difference")
    return 0
}

guard let request = Request(Array(CommandLine.arguments.dropFirst())) else {
    print(usage)
    exit(64)
}
let chat = (try? PackageFiles.text(at: PackageFiles.root + "/deploy/relay/config/chat.json")) ?? ""
exit(run(request, chat: Array(chat.utf8)))
