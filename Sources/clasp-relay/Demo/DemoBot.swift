/// What the bot of the demonstration answers. It understands a few words and knows nothing of the relay.
struct DemoBot {
    enum Answer: Equatable {
        case say(String)
        /// A face under what was said.
        case react(String)
    }

    static let name = "Demo bot"
    static let help = """
        I understand:
        **stage** – how the lights are
        **light 2 40** – sets light 2 to 40 %
        **dance** – lets the lights move by themselves again
        **roll 2d6** – throws dice
        """

    func greeting(_ name: String) -> String {
        "Hello \(name)! The lights in the line under the room's name move while you watch. Say **help** to me."
    }

    func answer(
        to text: String, stage: inout DemoStage, random: inout some RandomNumberGenerator
    ) -> Answer {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        switch words.first {
        case "help": return .say(Self.help)
        case "hello", "hi", "hey", "hallo": return .react("👋")
        case "thanks", "thank", "bye": return .react("❤️")
        case "stage": return .say(stage.sentence)
        case "dance":
            stage.release()
            return .react("💃")
        case "light", "lights": return light(Array(words.dropFirst()), &stage)
        case "roll": return .say(Self.roll(words.dropFirst().first ?? "1d6", &random) ?? "Dice are written like 2d6.")
        default: return text.contains("?") ? .say("I only know a few words; say **help**.") : .react("👀")
        }
    }

    private func light(_ words: [String], _ stage: inout DemoStage) -> Answer {
        let numbers = words.compactMap { Int($0) }
        guard numbers.count == 2, 1...DemoStage.lights ~= numbers[0], 0...100 ~= numbers[1] else {
            return .say("Say it like **light 2 40**: lights go from 1 to \(DemoStage.lights), levels from 0 to 100.")
        }
        stage.hold(numbers[0], at: numbers[1])
        return .say("Light \(numbers[0]) is at \(numbers[1]) %. **dance** sets it free.")
    }

    private static func roll(_ dice: String, _ random: inout some RandomNumberGenerator) -> String? {
        let parts = dice.split(separator: "d", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = parts[0].isEmpty ? 1 : Int(parts[0]), let sides = Int(parts[1]),
            1...20 ~= count, 2...1_000 ~= sides
        else { return nil }
        let thrown = (0..<count).map { _ in Int.random(in: 1...sides, using: &random) }
        let sum = thrown.reduce(0, +)
        return count == 1 ? "🎲 \(sum)" : "🎲 \(thrown.map(String.init).joined(separator: " + ")) = \(sum)"
    }
}
