import Glibc
import RelayAuth
import RelayJSON
import RelayLog

/// `clasp-relay invite`: who may register where that takes an invitation.
enum InviteCommand {
    static let command = Command(
        "invite", ["issue [--uses COUNT] [--ttl TIME]", "list", "withdraw ID…"], "make, list and withdraw invitations",
        flags: [
            Flag(name: "uses", placeholder: "COUNT", help: "with issue: for how many registrations [1]"),
            TokenCommand.ttl,
        ] + AccountFile.flags, notes: notes, call: run)

    private static let notes = """
        issue      makes an invite and prints it this once
        list       prints a JSON object a line, with the ids that withdraw takes

        Exit status: 0 done, 1 refused, 64 wrong use, 73 the file cannot be used, 74 it
        failed.
        """

    private static let counts = 1...1_000_000

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        let file = AccountFile(call)
        let rest = Array(call.words.dropFirst())
        switch call.words.first {
        case "issue" where rest.isEmpty: return report { () throws(CommandFailure) in try issue(call, file) }
        case "list" where rest.isEmpty: return report { () throws(CommandFailure) in try list(file) }
        case "withdraw" where !rest.isEmpty:
            return report { () throws(CommandFailure) in try withdraw(rest, file) }
        default: return nil
        }
    }

    private static func report(_ body: () throws(CommandFailure) -> [String]) -> Int32 {
        CommandFailure.reported(as: "invite", body)
    }

    private static func issue(_ call: CommandCall, _ file: AccountFile) throws(CommandFailure) -> [String] {
        guard let uses = Int(call.value("uses") ?? "1"), counts.contains(uses) else {
            throw CommandFailure("--uses takes a number up to \(counts.upperBound)", status: EX_USAGE)
        }
        let lifetime = try TokenCommand.lifetime(call)
        let accounts = try file.open()
        return [
            try CommandFailure.telling { () throws(DatabaseError) in
                try accounts.issueInvite(uses: uses, lifetime: lifetime, at: AccountFile.now)
            }
        ]
    }

    private static func list(_ file: AccountFile) throws(CommandFailure) -> [String] {
        let accounts = try file.open()
        return try CommandFailure.telling { () throws(DatabaseError) in try accounts.invites() }.map { invite in
            let line: JSONValue = [
                "id": .string(invite.digest.shortName), "uses_left": .int(Int64(invite.usesLeft)),
                "created": .string(Timestamp.text(of: invite.created.microseconds)),
                "expires": invite.expiry.map { .string(Timestamp.text(of: $0.microseconds)) } ?? .null,
            ]
            return String(decoding: line.encoded(), as: UTF8.self)
        }
    }

    private static func withdraw(_ ids: [String], _ file: AccountFile) throws(CommandFailure) -> [String] {
        let accounts = try file.open()
        let all = try CommandFailure.telling { () throws(DatabaseError) in try accounts.invites() }.map(\.digest)
        for id in ids {
            guard let digest = all.first(where: { $0.shortName == id }) else {
                throw CommandFailure("\(id) is the id of no invite")
            }
            _ = try CommandFailure.telling { () throws(DatabaseError) in try accounts.withdraw(invite: digest) }
        }
        return ["\(ids.count) withdrawn"]
    }
}
