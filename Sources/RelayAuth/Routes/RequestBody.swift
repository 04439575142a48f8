internal import RelayJSON
internal import RelayNet

/// The JSON object that a request carries. Unknown members are nobody's business here.
struct RequestBody {
    private let json: JSONValue

    init(_ request: HTTPRequest) throws(Refusal) {
        guard !request.isTooLarge else { throw .tooLarge }
        guard let json = try? JSONValue(parsing: request.content), json.object != nil else { throw .unreadable }
        self.json = json
    }

    /// A member that must be there.
    func text(_ name: String, orElse refusal: Refusal) throws(Refusal) -> String {
        guard let text = json[name]?.string else { throw refusal }
        return text
    }

    /// A member that may be missing or null, but not anything else.
    func optionalText(_ name: String, orElse refusal: Refusal) throws(Refusal) -> String? {
        switch json[name] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw refusal
        }
    }

    /// Blank is as good as missing.
    func userID() throws(Refusal) -> String? {
        let id = try optionalText("user_id", orElse: .members("a text \"user_id\""))
        guard let id, !id.trimmed.isEmpty else { return nil }
        return id
    }

    func isTrue(_ name: String) -> Bool { json[name]?.bool == true }
}
