import Glibc
import RelayJSON
import RelayProtocol

/// `clasp-relay frame`: shows what frames say, or writes frames from what they shall say. One line in, one line out.
enum FrameCommand {
    static let command = Command(
        "frame", ["[--encode]"], "show what CLASP frames say, or write them",
        flags: [Flag(name: "encode", help: "write frames from JSON")], notes: notes, call: run)

    private static let notes = """
        Reads one CLASP frame a line, as hexadecimal digits, and writes one JSON object
        a line:

          {"frame":…,"message":…,"reencode":"…"}   what it says, and the frame we would
                                                   write for it
          {"error":"…","code":…}                   why it is none: 100 for the frame,
                                                   101 for the message

        "reencode" is null where our form, which has longer integers, does not fit into
        a frame. With --encode the other way: reads a JSON object with a "message" a
        line, writes the frame as digits, or an error object.

        A bad line ends nothing. An empty line is a frame without bytes.
        """

    /// JSON takes up to thirteen times the room of what it says, escapes aside.
    private static let lineLimit = 4 << 20
    /// A value takes three levels of JSON for each of its own, a bundle two, and the message stands in an object.
    private static let depthLimit = 3 * WireLimits.maxValueDepth + 2 * WireLimits.maxBundleDepth + 16

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        call.words.isEmpty ? convert(call.has("encode") ? encoded : decoded) : nil
    }

    private static func convert(_ answer: ([UInt8]) -> [UInt8]) -> Int32 {
        var input = LineInput(limit: lineLimit)
        var output = TextOutput()
        while let lines = input.next() {
            for line in lines {
                switch line {
                case .text(let text): output.line(answer(text))
                case .tooLong: output.line(failure("the line is longer than \(lineLimit) bytes", code: 100))
                }
            }
            guard output.flush() else { return EX_IOERR }
        }
        return input.hasFailed ? EX_IOERR : EXIT_SUCCESS
    }

    // MARK: A line

    private static func decoded(_ line: [UInt8]) -> [UInt8] {
        guard let bytes = Hex.bytes(line) else {
            return failure("the line is not pairs of hexadecimal digits", code: 100)
        }
        guard bytes.count <= WireLimits.maxFrameBytes else {
            return failure("the frame is longer than \(WireLimits.maxFrameBytes) bytes", code: 100)
        }
        do throws(WireError) {
            return try answer(to: bytes)
        } catch {
            return failure(error.sentence, code: error.code)
        }
    }

    private static func answer(to bytes: [UInt8]) throws(WireError) -> [UInt8] {
        let frame = try ClaspFrame(reading: bytes.rawSpan)
        var payload = bytes.rawSpan.bytes(frame.payload).array
        let isLegacy = MessageDecoder.isLegacy(payload.rawSpan)
        let message: Message
        if isLegacy {
            let transcoder = try LegacyTranscoder(payload.rawSpan)
            message = try transcoder.message()
            payload = transcoder.payload
        } else {
            message = try MessageDecoder.decode(payload.rawSpan)
        }
        let json = try MessageNotation.json(of: message, in: payload.rawSpan, isLegacy: isLegacy)
        let again = try? FrameBytes.of(message, in: payload)
        return JSONValue.object([
            JSONMember("frame", MessageNotation.json(of: frame)), JSONMember("message", json),
            JSONMember("reencode", again.map { .string(Hex.text($0.rawSpan)) } ?? .null),
        ]).encoded()
    }

    private static func encoded(_ line: [UInt8]) -> [UInt8] {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: line, depthLimit: depthLimit)
        } catch {
            return failure("not JSON at byte \(error.offset): \(error.reason)", code: 100)
        }
        guard let message = json["message"] else { return failure("the member \"message\" is missing", code: 101) }
        let reader: NotationReader
        do throws(NotationError) {
            reader = try NotationReader(message)
        } catch {
            return failure(error.sentence, code: error.code)
        }
        do throws(WireError) {
            let message = try reader.message()
            let frame = try FrameBytes.of(message, in: reader.payload)
            return Hex.digits(frame.rawSpan)
        } catch {
            return failure(error.sentence, code: error.code)
        }
    }

    private static func failure(_ sentence: String, code: UInt16) -> [UInt8] {
        JSONValue.object([JSONMember("error", .string(sentence)), JSONMember("code", .int(Int64(code)))]).encoded()
    }
}
