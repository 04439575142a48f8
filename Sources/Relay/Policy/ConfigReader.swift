import RelayJSON

/// Reads the members of a config one by one and collects what is wrong, instead of giving up at the first fault.
struct ConfigReader {
    /// A value and the way to it from the top.
    struct Node {
        let value: JSONValue
        let path: [ConfigStep]

        func item(_ index: Int, _ value: JSONValue) -> Node { Node(value: value, path: path + [.item(index)]) }
    }

    /// More rules than anybody writes, and they still have numbers of 16 bits.
    static let maxRules = 1_000

    let text: [UInt8]
    let root: Node
    private(set) var faults: [ConfigNote] = []
    private(set) var notes: [ConfigNote] = []

    init(_ text: [UInt8]) throws(InvalidAppConfig) {
        self.text = text
        do {
            root = Node(value: try JSONValue(parsing: text), path: [])
        } catch {
            let place = error.place(in: text)
            throw InvalidAppConfig(faults: [
                ConfigNote(
                    line: place.line, column: place.column, path: "", sentence: "not JSON: \(error.reason.description)")
            ])
        }
    }

    func finish() throws(InvalidAppConfig) {
        if !faults.isEmpty { throw InvalidAppConfig(faults: faults) }
    }

    // MARK: Remarks

    mutating func fault(_ sentence: String, at path: [ConfigStep]) {
        faults.append(remark(sentence, at: path))
    }

    mutating func note(_ sentence: String, at path: [ConfigStep]) {
        notes.append(remark(sentence, at: path))
    }

    private func remark(_ sentence: String, at path: [ConfigStep]) -> ConfigNote {
        let place = JSONError("", at: path.offset(in: text)).place(in: text)
        return ConfigNote(line: place.line, column: place.column, path: path.text, sentence: sentence)
    }

    // MARK: Members

    /// The members of an object; others than these are noted, they may be misspelt.
    mutating func isObject(_ node: Node, of what: String, members: [String]) -> Bool {
        guard let object = node.value.object else {
            fault("\(what) must be an object", at: node.path)
            return false
        }
        for member in object where !members.contains(member.key) {
            note("this member is not known and means nothing", at: node.path + [.member(member.key)])
        }
        return true
    }

    func member(_ name: String, of node: Node) -> Node? {
        node.value[name].map { Node(value: $0, path: node.path + [.member(name)]) }
    }

    mutating func text(_ name: String, of node: Node) -> String? {
        guard let member = member(name, of: node) else {
            fault("\"\(name)\" is missing here", at: node.path)
            return nil
        }
        guard let text = member.value.string else {
            fault("this must be a text", at: member.path)
            return nil
        }
        return text
    }

    mutating func optionalText(_ name: String, of node: Node) -> String? {
        guard let member = member(name, of: node), !member.value.isNull else { return nil }
        return text(name, of: node)
    }

    mutating func flag(_ name: String, of node: Node) -> Bool {
        guard let member = member(name, of: node) else { return false }
        guard let flag = member.value.bool else {
            fault("this must be true or false", at: member.path)
            return false
        }
        return flag
    }

    mutating func count(_ name: String, of node: Node, default standard: Int) -> Int {
        guard let member = member(name, of: node) else { return standard }
        guard let number = member.value.int, (1...1_000_000).contains(number) else {
            fault("this must be a whole number from 1 to 1,000,000", at: member.path)
            return standard
        }
        return Int(number)
    }

    /// The items of a list, each read by `body`; those it has no result for are left out, their fault being known.
    mutating func list<Item>(
        _ name: String, of node: Node, isRequired: Bool = false, _ body: (inout ConfigReader, Node) -> Item?
    ) -> [Item] {
        guard let member = member(name, of: node) else {
            if isRequired { fault("\"\(name)\" is missing here", at: node.path) }
            return []
        }
        guard let items = member.value.array else {
            fault("this must be a list", at: member.path)
            return []
        }
        guard items.count <= Self.maxRules else {
            fault("this list has more than 1,000 items", at: member.path)
            return []
        }
        var results: [Item] = []
        for (index, item) in items.enumerated() {
            if let result = body(&self, member.item(index, item)) { results.append(result) }
        }
        return results
    }

    mutating func texts(_ name: String, of node: Node, isRequired: Bool = false) -> [String] {
        list(name, of: node, isRequired: isRequired) { reader, item in
            if item.value.string == nil { reader.fault("this must be a text", at: item.path) }
            return item.value.string
        }
    }

    // MARK: Paths and templates

    mutating func pattern(_ name: String, of node: Node) -> PathPattern? {
        guard let text = text(name, of: node) else { return nil }
        return pattern(text, at: node.path + [.member(name)])
    }

    mutating func pattern(_ text: String, at path: [ConfigStep]) -> PathPattern {
        let pattern = PathPattern(text)
        var names: [[UInt8]] = []
        for capture in pattern.captures {
            if capture.name.isEmpty { fault("{} needs a name; for any one segment write *", at: path) }
            if names.contains(capture.name) {
                fault("{\(String(decoding: capture.name, as: UTF8.self))} occurs twice", at: path)
            }
            names.append(capture.name)
        }
        return pattern
    }

    mutating func template(_ name: String, of node: Node, path: PathPattern?) -> Template? {
        guard let text = text(name, of: node) else { return nil }
        let template = Template(text, path: path)
        for unknown in template.unknownNames {
            note(
                "the path of this rule has no {\(unknown)}, so it stands here as it is",
                at: node.path + [.member(name)])
        }
        return template
    }
}
