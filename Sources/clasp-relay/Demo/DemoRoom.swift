import RelayJSON

/// The room of the demonstration, as clients of the chat know rooms (docs/chat.md): where things are and what stands
/// there. All times are milliseconds since 1970.
struct DemoRoom {
    static let name = "Demo"
    private static let color = "#2a9d8f"

    let room: String
    let user: String
    /// By which others tell our messages from their own.
    let session: String
    let created: Int64

    var messages: String { "/chat/room/\(room)/messages" }
    var presences: String { "/chat/room/\(room)/presence/*" }
    var presence: String { presence(of: user) }
    var typing: String { "/chat/room/\(room)/typing/\(user)" }
    var meta: String { "/chat/room/\(room)/meta" }
    var profile: String { "/chat/user/\(user)/profile" }
    var listing: String { "/chat/registry/rooms/\(room)" }
    static let listings = "/chat/registry/rooms/*"

    func presence(of user: String) -> String { "/chat/room/\(room)/presence/\(user)" }

    func reaction(to message: String, _ face: String) -> String { "/chat/room/\(room)/reactions/\(message)/\(face)" }

    private var creation: [JSONMember] {
        [
            JSONMember("name", .string(Self.name)), JSONMember("type", "text"), JSONMember("isPublic", true),
            JSONMember("creatorId", .string(user)), JSONMember("creatorName", .string(DemoBot.name)),
            JSONMember("createdAt", .int(created)),
        ]
    }

    func metaValue(_ description: String) -> JSONValue {
        .object(creation + [JSONMember("description", .string(description)), JSONMember("encrypted", false)])
    }

    var listingValue: JSONValue { .object(creation) }

    var profileValue: JSONValue {
        [
            "name": .string(DemoBot.name), "avatarColor": .string(Self.color), "userId": .string(user),
            "status": "online",
        ]
    }

    func presenceValue(at now: Int64) -> JSONValue {
        [
            "name": .string(DemoBot.name), "avatarColor": .string(Self.color), "joinedAt": .int(created),
            "lastSeen": .int(now),
        ]
    }

    func typingValue(at now: Int64) -> JSONValue { ["name": .string(DemoBot.name), "timestamp": .int(now)] }

    func messageValue(_ text: String, at now: Int64, number: Int) -> JSONValue {
        [
            "from": .string(DemoBot.name), "fromId": .string(session), "userId": .string(user),
            "msgId": .string("\(now)-bot\(number)"), "text": .string(text), "timestamp": .int(now),
            "avatarColor": .string(Self.color), "type": "text",
        ]
    }

    var reactionValue: JSONValue { ["users": [.string(session)], "by": .object([JSONMember(user, .string(session))])] }

    /// Where the bot of another demonstration says that it is there, if an entry of the list was made by one.
    func presence(behind address: String, _ entry: JSONValue) -> String? {
        guard address != listing, entry["creatorName"]?.string == DemoBot.name, let other = entry["creatorId"]?.string,
            address == "/chat/registry/rooms/\(other)"
        else { return nil }
        return "/chat/room/\(other)/presence/\(other)"
    }
}
