import RelayJSON
import RelayProtocol
import RelayTestKit
import Testing

/// `clasp-relay frame`, the built program, over pipes.
@Suite struct `The frame command` {
    private func lines(_ lines: [String]) -> [UInt8] { lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] } }

    private func parse(_ line: [UInt8]) throws -> JSONValue { try JSONValue(parsing: line, depthLimit: 256) }

    /// One answer for each line, and status 0 at the end.
    private func answers(
        to input: [String], _ arguments: [String] = [], peakBelow limit: Int = .max
    ) throws -> [[UInt8]] {
        let process = try RelayProcess(["frame"] + arguments)
        let answers = try process.converse(lines(input), lines: input.count)
        #expect(answers.count == input.count)
        #expect(try process.peakMemoryBytes() < limit)
        let (status, rest) = try process.finish()
        #expect(status == 0)
        #expect(rest.isEmpty)
        return answers
    }

    @Test func `shows every golden frame and writes it again`() throws {
        let vectors = try WireCases.valid()
        let answers = try answers(to: vectors.map { Hex.text($0.frame) })
        for (vector, answer) in zip(vectors, answers) {
            let json = try parse(answer)
            #expect(json["frame"] == vector.header, "\(vector.name)")
            let message = WireCases.normalised(json["message"] ?? nil).encoded()
            #expect(message == WireCases.normalised(vector.message).encoded(), "\(vector.name)")
            #expect(json["reencode"]?.string == Hex.text(vector.canonical), "\(vector.name)")
        }
    }

    @Test func `refuses every invalid frame in little memory`() throws {
        let vectors = try WireCases.invalid()
        let answers = try answers(to: vectors.map { Hex.text($0.frame) }, peakBelow: 64 << 20)
        for (vector, answer) in zip(vectors, answers) {
            let json = try parse(answer)
            #expect(json["error"]?.string?.isEmpty == false, "\(vector.name)")
            #expect([100, 101].contains(json["code"]?.int), "\(vector.name)")
            #expect(json["message"] == nil, "\(vector.name)")
        }
    }

    @Test func `writes every golden message as a frame`() throws {
        // What our notation cannot say: a legacy PUBLISH that left its signal out, and so is sent with less care.
        let vectors = try WireCases.valid().filter { $0.name != "msgpack-publish-no-signal" }
        let input = vectors.map {
            String(decoding: JSONValue.object([JSONMember("message", $0.message)]).encoded(), as: UTF8.self)
        }
        let answers = try answers(to: input, ["--encode"])
        for (vector, answer) in zip(vectors, answers) {
            #expect(String(decoding: answer, as: UTF8.self) == Hex.text(vector.canonical), "\(vector.name)")
        }
    }

    @Test func `answers a bad line and goes on`() throws {
        let answers = try answers(to: ["", "xyz", "5", "53 01 00 01 41 \r", "5301000141ff", "5301000199"])
        #expect(try answers.map { try parse($0)["code"]?.int } == [100, 100, 100, nil, nil, 101])
        #expect(try parse(answers[3])["message"]?["type"] == "PING")
    }

    @Test func `answers a bad message and goes on`() throws {
        let depth = 300
        let answers = try answers(
            to: [
                "", "{", "[]", #"{"message":7}"#, #"{"message":{"type":"NOPE"}}"#, #"{"message":{"type":"GET"}}"#,
                #"{"message":{"type":"GET","address":"/a"}}"#, String(repeating: "[", count: depth),
                #"{"message":{"type":"GET","address":"\#(String(repeating: "a", count: 65_536))"}}"#,
            ], ["--encode"])
        #expect(String(decoding: answers[6], as: UTF8.self) == "530100052200022f61")
        for index in answers.indices where index != 6 {
            #expect(try parse(answers[index])["error"] != nil, "line \(index)")
        }
    }

    @Test func `takes a last line without a line feed`() throws {
        let process = try RelayProcess(["frame"])
        _ = try process.converse(Array("5301000141".utf8), lines: 0)
        let (status, rest) = try process.finish()
        #expect(status == 0)
        #expect(try parse(rest.dropLast())["message"]?["type"] == "PING")
    }

    @Test func `keeps its memory small under large lines, many or without end`() throws {
        let vectors = try WireCases.valid()
        let large = try #require(vectors.max { $0.frame.count < $1.frame.count })
        let process = try RelayProcess(["frame"])
        let many = Array(repeating: Hex.text(large.frame), count: 100)
        #expect(try process.converse(lines(many), lines: many.count).count == many.count)
        let endless = [UInt8](repeating: UInt8(ascii: "5"), count: 24 << 20) + [UInt8(ascii: "\n")]
        let answer = try process.converse(endless, lines: 1)
        #expect(try parse(answer[0])["code"]?.int == 100)
        #expect(try process.peakMemoryBytes() < 64 << 20)
        #expect(try process.finish().status == 0)
    }

    @Test func `explains itself`() throws {
        let help = try RelayProcess(["frame", "--help"]).finish()
        #expect(help.status == 0)
        #expect(String(decoding: help.rest, as: UTF8.self).contains("--encode"))
    }
}
