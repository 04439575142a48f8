import Glibc
import RelayJSON

/// Three lights, a thermometer and a counter of cues: values that move by themselves, so that there is something to
/// listen to. Where they are follows from the time alone, except for lights that somebody has taken over.
struct DemoStage {
    static let lights = 3
    /// Below it stand the params, for a relay that lets us write there.
    static let root = "/demo"

    /// Levels that people have set, from 0 to 100, by light.
    private(set) var held: [Int: Int] = [:]
    private(set) var seconds = 0.0

    mutating func move(to seconds: Double) { self.seconds = seconds }

    /// A level from 0 to 100.
    func level(of light: Int) -> Int {
        let wave = 0.5 + 0.5 * sin(seconds / Double(4 + 3 * light) + Double(light))
        return held[light] ?? Int((100 * wave).rounded())
    }

    var temperature: Double { ((21 + 1.5 * sin(seconds / 60)) * 10).rounded() / 10 }
    var cue: Int { Int(seconds / 15) % 100 + 1 }

    mutating func hold(_ light: Int, at level: Int) {
        if 1...Self.lights ~= light { held[light] = min(max(level, 0), 100) }
    }

    mutating func release() { held = [:] }

    /// In a line, for people.
    var sentence: String {
        let levels = (1...Self.lights).map { String(level(of: $0)) }.joined(separator: " · ")
        return "Lights \(levels) %, \(temperature) °C, cue \(cue)"
    }

    /// One by one, for programs.
    var params: [(address: String, value: JSONValue)] {
        (1...Self.lights).map { ("\(Self.root)/light/\($0)/level", .double(Double(level(of: $0)) / 100)) } + [
            ("\(Self.root)/temperature", .double(temperature)), ("\(Self.root)/cue", .int(Int64(cue))),
        ]
    }
}
