import Glibc
import RelayAuth
import RelayJSON
import RelayLog
import RelayProtocol

/// `clasp-relay token`: tokens for programs, and the end of tokens.
enum TokenCommand {
    static let command = Command(
        "token",
        ["issue SUBJECT SCOPE… [--ttl TIME]", "list [--user ID]", "revoke ID… | --user ID | --stdin | --all"],
        "make tokens for programs, list and revoke tokens",
        flags: [
            ttl, Flag(name: "user", placeholder: "ID", help: "with list and revoke: all tokens of that user"),
            Flag(name: "stdin", help: "with revoke: the tokens on standard input, a line each; signed ones too"),
            Flag(name: "all", help: "with revoke: every token that is stored, also those of programs"),
        ] + AccountFile.flags, notes: notes, call: run)

    static let ttl = Flag(name: "ttl", placeholder: "TIME", help: "with issue: when it ends; without it, never")

    private static let notes = """
        issue    makes a token, such as:
                   clasp-relay token issue weather 'write:/weather/**' --ttl 365d
                 It is printed this once
        list     prints a JSON object a line, with the ids that revoke takes
        revoke   ends tokens, and within a second their connections; of an id the first
                 eight digits will do

        Exit status: 0 done, 1 refused, 64 wrong use, 73 the file cannot be used, 74 it
        failed.
        """

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        let file = AccountFile(call)
        let rest = Array(call.words.dropFirst())
        switch call.words.first {
        case "issue" where rest.count >= 2:
            return report { () throws(CommandFailure) in try issue(for: rest[0], Array(rest[1...]), call, file) }
        case "list" where rest.isEmpty:
            return report { () throws(CommandFailure) in try list(of: call.value("user"), file) }
        case "revoke"
        where [!rest.isEmpty, call.value("user") != nil, call.has("stdin"), call.has("all")].count(where: \.self) == 1:
            return report { () throws(CommandFailure) in try revoke(rest, call, file) }
        default: return nil
        }
    }

    private static func report(_ body: () throws(CommandFailure) -> [String]) -> Int32 {
        CommandFailure.reported(as: "token", body)
    }

    /// `--ttl`; nil without one.
    static func lifetime(_ call: CommandCall) throws(CommandFailure) -> Duration? {
        guard let text = call.value("ttl") else { return nil }
        guard let lifetime = Duration(units: text), lifetime > .zero else {
            throw CommandFailure("'\(text)' is no time, such as 12h or 365d", status: EX_USAGE)
        }
        return lifetime
    }

    private static func issue(
        for subject: String, _ scopes: [String], _ call: CommandCall, _ file: AccountFile
    ) throws(CommandFailure) -> [String] {
        if let scope = scopes.first(where: { Scope($0) == nil }) {
            throw CommandFailure("'\(scope)' is no scope, such as read:/weather/**", status: EX_USAGE)
        }
        let lifetime = try lifetime(call)
        let accounts = try file.open()
        return [
            try CommandFailure.asking { () throws(UserDatabase.Fault) in
                try accounts.issueToken(for: subject, scopes: scopes, lifetime: lifetime, at: AccountFile.now).secret
            }
        ]
    }

    private static func list(of subject: String?, _ file: AccountFile) throws(CommandFailure) -> [String] {
        let accounts = try file.open()
        let tokens = try CommandFailure.telling { () throws(DatabaseError) in try accounts.tokens() }
        return tokens.filter { subject == nil || $0.subject == subject }.map { token in
            let line: JSONValue = [
                "id": .string(token.digest.shortName), "kind": .string(token.kind.rawValue),
                "subject": .string(token.subject), "name": .string(token.name),
                "scopes": .array(token.scopes.list.map { .string($0) }),
                "created": .string(Timestamp.text(of: token.created.microseconds)),
                "expires": token.expiry.map { .string(Timestamp.text(of: $0.microseconds)) } ?? .null,
            ]
            return String(decoding: line.encoded(), as: UTF8.self)
        }
    }

    private static func revoke(
        _ ids: [String], _ call: CommandCall, _ file: AccountFile
    ) throws(CommandFailure) -> [String] {
        let accounts = try file.open()
        var count = 0
        if let subject = call.value("user") {
            count = try CommandFailure.telling { () throws(DatabaseError) in try accounts.revokeAll(of: subject) }
        } else if call.has("all") {
            count = try CommandFailure.telling { () throws(DatabaseError) in try accounts.revokeAll() }
        } else if call.has("stdin") {
            for line in SecretInput.lines() {
                let isKnown = try CommandFailure.asking { () throws(UserDatabase.Fault) in
                    try accounts.revoke(token: String(decoding: line, as: UTF8.self), at: AccountFile.now)
                }
                count += isKnown ? 1 : 0
            }
        } else {
            for digest in try digests(ids, in: accounts) {
                _ = try CommandFailure.telling { () throws(DatabaseError) in try accounts.revoke(digest) }
                count += 1
            }
        }
        guard count > 0 else { throw CommandFailure("there is no such token") }
        return ["\(count) revoked"]
    }

    private static func digests(_ ids: [String], in accounts: UserDatabase) throws(CommandFailure) -> [TokenDigest] {
        let all = try CommandFailure.telling { () throws(DatabaseError) in try accounts.tokens() }.map(\.digest)
        var found: [TokenDigest] = []
        for id in ids {
            let matching = all.filter { id.utf8.count >= 8 && $0.shortName.hasPrefix(id) }
            guard let only = matching.first, matching.count == 1 else {
                throw CommandFailure("\(id) is the id of \(matching.isEmpty ? "no token" : "several tokens")")
            }
            found.append(only)
        }
        return found
    }
}
