internal import CLinux
internal import RelayJSON

/// One event in the log, before it becomes a line.
package struct LogEvent: Sendable {
    /// Microseconds since 1970.
    let instant: Int64
    let level: LogLevel
    let room: String
    /// A fixed sentence: what varies is in the fields, so that a log can be searched.
    let sentence: StaticString
    let fields: [LogField]

    package init(instant: Int64, level: LogLevel, room: String, sentence: StaticString, fields: [LogField]) {
        self.instant = instant
        self.level = level
        self.room = room
        self.sentence = sentence
        self.fields = fields
    }
}

/// How events become lines. Whatever a field contains, an event is one line, and secrets are veiled.
package struct LogLine: Sendable {
    package enum Format: Sendable {
        case text, json

        /// Text for a person at a terminal, JSON for whatever collects the lines otherwise.
        package static func suiting(descriptor: Int32) -> Format {
            clinux_is_terminal(descriptor) ? .text : .json
        }
    }

    package let format: Format
    /// Puts `<3>` and so on in front, which systemd's journal takes for the severity.
    package let hasPriority: Bool

    package init(_ format: Format, hasPriority: Bool = false) {
        self.format = format
        self.hasPriority = hasPriority
    }

    package func append(_ event: LogEvent, to output: inout [UInt8]) {
        if hasPriority { output.append(contentsOf: "<\(event.level.priority)>".utf8) }
        switch format {
        case .text: appendText(event, to: &output)
        case .json: appendJSON(event, to: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    private func appendText(_ event: LogEvent, to output: inout [UInt8]) {
        let level = event.level.name.uppercased()
        output.append(contentsOf: Timestamp.text(of: event.instant).utf8)
        output.append(UInt8(ascii: " "))
        output.append(contentsOf: level.utf8)
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 6 - level.utf8.count))
        output.append(contentsOf: "\(event.room): \(event.sentence)".utf8)
        for field in event.fields {
            output.append(contentsOf: " \(field.key)=".utf8)
            switch veiled(field) {
            case .text(let text): Self.appendWord(text, to: &output)
            case .int(let number): output.append(contentsOf: String(number).utf8)
            case .double(let number): output.append(contentsOf: number.description.utf8)
            case .bool(let truth): output.append(contentsOf: (truth ? "true" : "false").utf8)
            }
        }
    }

    private func appendJSON(_ event: LogEvent, to output: inout [UInt8]) {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("ts")
        writer.string(Timestamp.text(of: event.instant))
        writer.key("level")
        writer.string(event.level.name)
        writer.key("room")
        writer.string(event.room)
        writer.key("msg")
        writer.string(event.sentence.description)
        if !event.fields.isEmpty {
            writer.key("fields")
            writer.beginObject()
            for field in event.fields {
                writer.key(field.key.description)
                switch veiled(field) {
                case .text(let text): writer.string(text)
                case .int(let number): writer.int(number)
                case .double(let number): writer.double(number)
                case .bool(let truth): writer.bool(truth)
                }
            }
            writer.endObject()
        }
        writer.endObject()
        output.append(contentsOf: writer.bytes)
    }

    private func veiled(_ field: LogField) -> LogField.Value {
        guard case .text(let text) = field.value else { return field.value }
        return .text(Redaction.isSecret(key: field.key.description) ? Redaction.veil : Redaction.veiled(text))
    }

    /// Bare when nothing in it could mislead a reader or a terminal, else quoted with escapes: no line breaks, no
    /// control sequences, no characters that turn the direction of writing.
    private static func appendWord(_ text: String, to output: inout [UInt8]) {
        let isBare =
            !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C && $0 != UInt8(ascii: "=") }
        if isBare {
            output.append(contentsOf: text.utf8)
            return
        }
        output.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                output.append(UInt8(ascii: "\\"))
                output.append(contentsOf: String(scalar).utf8)
            case "\n": output.append(contentsOf: #"\n"#.utf8)
            case "\r": output.append(contentsOf: #"\r"#.utf8)
            case "\t": output.append(contentsOf: #"\t"#.utf8)
            case _ where isInvisible(scalar):
                output.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
            default: output.append(contentsOf: String(scalar).utf8)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }
}
