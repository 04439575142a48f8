import RelayJSON

extension ConfigReader {
    mutating func readConfig() -> AppConfig {
        let isObject = isObject(
            root, of: "a config",
            members: [
                "scopes", "write_rules", "snapshot_transforms", "snapshot_visibility", "rate_limits", "presence",
                "history",
            ])
        guard isObject else { return .none }
        let config = AppConfig(
            scopes: readScopes(),
            policy: Policy(
                writeRules: list("write_rules", of: root) { $0.writeRule($1) },
                transforms: list("snapshot_transforms", of: root) { $0.transform($1) },
                visibility: list("snapshot_visibility", of: root) { $0.visibilityRule($1) },
                presence: patterns("presence"), history: patterns("history")),
            attempts: readAttempts(), notes: [])
        return config.noting(notes)
    }

    private mutating func readScopes() -> ScopeTemplates {
        let texts = list("scopes", of: root) { reader, item -> String? in
            guard let text = item.value.string else {
                reader.fault("this must be a text", at: item.path)
                return nil
            }
            guard ScopeTemplates.isScope(text) else {
                reader.note("this is no scope and is left out: \(text)", at: item.path)
                return nil
            }
            for name in ScopeTemplates.unknownNames(in: text) {
                reader.note("{\(name)} stands for nothing here; only {userId} does", at: item.path)
            }
            return text
        }
        return ScopeTemplates(texts)
    }

    private mutating func patterns(_ name: String) -> [PathPattern] {
        list(name, of: root) { reader, item in
            guard let text = item.value.string else {
                reader.fault("this must be a text", at: item.path)
                return nil
            }
            return reader.pattern(text, at: item.path)
        }
    }

    private mutating func readAttempts() -> AttemptLimits {
        var limits = AttemptLimits()
        guard let node = member("rate_limits", of: root) else { return limits }
        let isObject = isObject(
            node, of: "rate_limits",
            members: ["login_max_attempts", "login_window_secs", "register_max_attempts", "register_window_secs"])
        guard isObject else { return limits }
        limits.loginAttempts = count("login_max_attempts", of: node, default: limits.loginAttempts)
        limits.loginWindow = .seconds(count("login_window_secs", of: node, default: 60))
        limits.registerAttempts = count("register_max_attempts", of: node, default: limits.registerAttempts)
        limits.registerWindow = .seconds(count("register_window_secs", of: node, default: 60))
        return limits
    }

    // MARK: Write rules

    private mutating func writeRule(_ node: Node) -> WriteRule? {
        guard isObject(node, of: "a write rule", members: ["path", "mode", "allow_null_write", "pre_checks", "checks"])
        else { return nil }
        let path = pattern("path", of: node)
        var mode = WriteRule.Mode.all
        if let name = optionalText("mode", of: node) {
            if let known = WriteRule.Mode(rawValue: name) {
                mode = known
            } else {
                fault(
                    "the mode of write rule \(node.number) must be \"all\" or \"any\"",
                    at: node.path + [.member("mode")])
            }
        }
        let preChecks = list("pre_checks", of: node) { $0.check($1, of: node, path: path) }
        let checks = list("checks", of: node, isRequired: true) { $0.check($1, of: node, path: path) }
        let allowsNull = flag("allow_null_write", of: node)
        guard let path else { return nil }
        return WriteRule(path: path, preChecks: preChecks, allowsNull: allowsNull, mode: mode, checks: checks)
    }

    private mutating func check(_ node: Node, of rule: Node, path: PathPattern?) -> Check? {
        guard node.value.object != nil else {
            fault("a check must be an object", at: node.path)
            return nil
        }
        guard let name = text("type", of: node) else { return nil }
        guard let type = CheckType(rawValue: name) else {
            fault(
                "write rule \(rule.number) has a check of the unknown type \"\(name)\"",
                at: node.path + [.member("type")])
            return nil
        }
        _ = isObject(node, of: "a check", members: ["type"] + type.members)
        switch type {
        case .stateFieldEqualsSession:
            let lookup = template("lookup", of: node, path: path)
            let field = text("field", of: node)
            let allowsMissing = flag("allow_if_missing", of: node)
            guard let lookup, let field else { return nil }
            return .stateFieldEqualsSession(lookup: lookup, field: Array(field.utf8), allowsMissing: allowsMissing)
        case .stateNotNull:
            return template("lookup", of: node, path: path).map { .stateNotNull(lookup: $0) }
        case .eitherStateNotNull:
            let one = template("lookup_a", of: node, path: path)
            let two = template("lookup_b", of: node, path: path)
            guard let one, let two else { return nil }
            return .eitherStateNotNull(one, two)
        case .valueFieldEqualsSession:
            return text("field", of: node).map { .valueFieldEqualsSession(field: Array($0.utf8)) }
        case .requireValueField:
            return text("field", of: node).map { .requireValueField(field: Array($0.utf8)) }
        case .segmentEqualsSession:
            guard let name = text("segment", of: node) else { return nil }
            let segment = path?.segment(named: Array(name.utf8))
            if segment == nil {
                note("the path of this rule has no {\(name)}, so this check always fails", at: node.path)
            }
            return .segmentEqualsSession(name: name, segment: segment)
        case .rejectUnlessPathMatches:
            let pattern = pattern("pattern", of: node)
            let message = text("message", of: node)
            guard let pattern, let message else { return nil }
            return .rejectUnlessPathMatches(pattern, message: message)
        }
    }

    // MARK: Transforms and visibility

    private mutating func transform(_ node: Node) -> Transform? {
        guard isObject(node, of: "a transform", members: ["path", "redact_fields"]) else { return nil }
        let path = pattern("path", of: node)
        let fields = texts("redact_fields", of: node, isRequired: true)
        guard let path else { return nil }
        return Transform(path: path, redaction: Redaction(fields: fields.map { Array($0.utf8) }))
    }

    private mutating func visibilityRule(_ node: Node) -> VisibilityRule? {
        let members = ["path_contains", "path", "visible", "owner_segment", "public_sub", "lookup"]
        guard isObject(node, of: "a visibility rule", members: members) else { return nil }
        let part = optionalText("path_contains", of: node)
        let path = optionalText("path", of: node).map { pattern($0, at: node.path + [.member("path")]) }
        let extent: VisibilityRule.Extent =
            if let part { .containing(Array(part.utf8)) } else if let path { .path(path) } else { .everything }
        return VisibilityRule(extent: extent, path: path, condition: condition(of: node, path: path))
    }

    /// What is incomplete or unknown hides: a slip must not show what somebody meant to hide.
    private mutating func condition(of node: Node, path: PathPattern?) -> VisibilityRule.Condition {
        let publicPart = optionalText("public_sub", of: node)
        guard let visible = member("visible", of: node) else {
            note("without \"visible\" this rule hides", at: node.path)
            return .never
        }
        switch visible.value {
        case .bool(let isVisible):
            return isVisible ? .always : .never
        case .string("owner"):
            guard let name = optionalText("owner_segment", of: node),
                let segment = path?.segment(named: Array(name.utf8))
            else {
                note("\"owner\" needs a path and an owner_segment in it; without, this rule hides", at: node.path)
                return .never
            }
            return .owner(segment: segment, publicPart: publicPart.map { Array($0.utf8) })
        case .string("require_state_not_null"):
            guard optionalText("lookup", of: node) != nil, let lookup = template("lookup", of: node, path: path) else {
                note("\"require_state_not_null\" needs a lookup; without, this rule hides", at: node.path)
                return .never
            }
            return .stateNotNull(lookup)
        case .string(let word):
            note("\"\(word)\" is not known, so this rule hides", at: visible.path)
            return .never
        default:
            fault("this must be true, false, \"owner\" or \"require_state_not_null\"", at: visible.path)
            return .never
        }
    }
}

extension ConfigReader.Node {
    /// The number of the list item this is, for sentences.
    fileprivate var number: String {
        guard case .item(let index)? = path.last else { return "" }
        return "\(index)"
    }
}

extension CheckType {
    fileprivate var members: [String] {
        switch self {
        case .stateFieldEqualsSession: ["lookup", "field", "allow_if_missing"]
        case .stateNotNull: ["lookup"]
        case .valueFieldEqualsSession, .requireValueField: ["field"]
        case .segmentEqualsSession: ["segment"]
        case .eitherStateNotNull: ["lookup_a", "lookup_b"]
        case .rejectUnlessPathMatches: ["pattern", "message"]
        }
    }
}
