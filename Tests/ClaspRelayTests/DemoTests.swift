import RelayJSON
import Testing

@testable import clasp_relay

@Suite struct `The bot of the demonstration` {
    private func answer(_ text: String, _ stage: inout DemoStage) -> DemoBot.Answer {
        var random = SystemRandomNumberGenerator()
        return DemoBot().answer(to: text, stage: &stage, random: &random)
    }

    @Test(arguments: [
        ("help", DemoBot.Answer.say(DemoBot.help)), ("Hello there", .react("👋")), ("", .react("👀")),
        ("a word", .react("👀")), ("why?", .say("I only know a few words; say **help**.")),
        ("roll 0d6", .say("Dice are written like 2d6.")),
        ("roll 99999999999999999999d6", .say("Dice are written like 2d6.")),
    ])
    func `answers what it understands`(text: String, expected: DemoBot.Answer) {
        var stage = DemoStage()
        #expect(answer(text, &stage) == expected)
    }

    @Test func `throws dice`() throws {
        var stage = DemoStage()
        guard case .say(let text) = answer("roll 2d6", &stage) else {
            Issue.record("it said nothing")
            return
        }
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        try #require(numbers.count == 3)
        #expect(numbers[0] + numbers[1] == numbers[2] && numbers.dropLast().allSatisfy { 1...6 ~= $0 })
    }

    @Test func `holds a light and sets it free`() {
        var stage = DemoStage()
        #expect(answer("light 2 40", &stage) == .say("Light 2 is at 40 %. **dance** sets it free."))
        stage.move(to: 1_000)
        #expect(stage.level(of: 2) == 40)
        #expect(stage.params.contains { $0.address == "/demo/light/2/level" && $0.value == .double(0.4) })
        for wrong in ["light", "light 4 10", "light 1 101", "light 1", "lights out"] {
            guard case .say(let text) = answer(wrong, &stage) else {
                Issue.record("\(wrong)")
                continue
            }
            #expect(text.hasPrefix("Say it like"))
        }
        #expect(answer("dance", &stage) == .react("💃"))
        #expect(stage.held.isEmpty)
    }

    @Test func `moves within its limits`() {
        var stage = DemoStage()
        var seen: Set<Int> = []
        for second in 0..<200 {
            stage.move(to: Double(second))
            for light in 1...DemoStage.lights { #expect(0...100 ~= stage.level(of: light)) }
            seen.insert(stage.level(of: 1))
        }
        #expect(seen.count > 20)
    }

    @Test func `takes only what a demonstration left behind for such`() {
        let room = DemoRoom(room: "demo-1", user: "demo-1", session: "s", created: 0)
        let entry: JSONValue = ["name": "Demo", "creatorName": "Demo bot", "creatorId": "demo-2"]
        #expect(
            room.presence(behind: "/chat/registry/rooms/demo-2", entry) == "/chat/room/demo-2/presence/demo-2")
        #expect(room.presence(behind: "/chat/registry/rooms/other", entry) == nil)
        #expect(room.presence(behind: room.listing, room.listingValue) == nil)
        #expect(room.presence(behind: "/chat/registry/rooms/demo-2", ["name": "Demo", "creatorId": "demo-2"]) == nil)
    }
}
