import RelayJSON

/// One step on the way from the top of a config to a value in it.
enum ConfigStep: Equatable {
    case member(String)
    case item(Int)
}

extension Array where Element == ConfigStep {
    /// As a person would point at it: `write_rules[2].checks[0].type`.
    var text: String {
        var text = ""
        for step in self {
            switch step {
            case .member(let name): text += (text.isEmpty ? "" : ".") + name
            case .item(let index): text += "[\(index)]"
            }
        }
        return text
    }

    /// Where that value begins in the text. The tree of a config does not say, so the text is read once more: faults
    /// are rare.
    func offset(in text: [UInt8]) -> Int {
        var reader = JSONReader(text)
        return ((try? reader.offset(of: self[...])) ?? nil) ?? 0
    }
}

extension JSONReader {
    fileprivate mutating func offset(of path: ArraySlice<ConfigStep>) throws(JSONError) -> Int? {
        guard let step = path.first else {
            _ = try peek()
            let start = offset
            try skipValue()
            return start
        }
        var found: Int?
        switch (step, try peek()) {
        case (.member(let name), .object):
            try beginObject()
            while try nextKey() {
                // Of members with the same name the last one counts.
                if string == name { found = try offset(of: path.dropFirst()) } else { try skipValue() }
            }
        case (.item(let wanted), .array):
            var index = 0
            try beginArray()
            while try nextElement() {
                if index == wanted { found = try offset(of: path.dropFirst()) } else { try skipValue() }
                index += 1
            }
        default:
            try skipValue()
        }
        return found
    }
}
