import Glibc
import RelayAuth
import RelayJSON
import RelayLog

/// `clasp-relay user`: accounts by hand.
enum UserCommand {
    static let command = Command(
        "user", ["add NAME [--id ID]", "list", "passwd NAME-OR-ID", "delete NAME-OR-ID", "import FILE"],
        "make, list, change and import accounts",
        flags: [Flag(name: "id", placeholder: "ID", help: "with add: the id that the account is to have")]
            + AccountFile.flags,
        notes: notes, call: run)

    private static let notes = """
        add      makes an account and prints its id; the password is typed, or the
                 first line of standard input
        list     prints a JSON object a line
        passwd   sets a password and ends all tokens of the account
        delete   deletes an account and ends its tokens; its id is never given out
                 again
        import   takes over the users of another CLASP relay's file, which is only
                 read; who is here already stays

        A running relay notices within a second. Exit status: 0 done, 1 refused, 64
        wrong use, 73 the file cannot be used, 74 it failed.
        """

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        let file = AccountFile(call)
        let words = call.words
        switch (words.first, words.count) {
        case ("add", 2): return report { () throws(CommandFailure) in try add(words[1], call, file) }
        case ("list", 1): return report { () throws(CommandFailure) in try list(file) }
        case ("passwd", 2): return report { () throws(CommandFailure) in try setPassword(words[1], file) }
        case ("delete", 2): return report { () throws(CommandFailure) in try delete(words[1], file) }
        case ("import", 2): return report { () throws(CommandFailure) in try takeOver(words[1], file) }
        default: return nil
        }
    }

    private static func report(_ body: () throws(CommandFailure) -> [String]) -> Int32 {
        CommandFailure.reported(as: "user", body)
    }

    private static func add(
        _ name: String, _ call: CommandCall, _ file: AccountFile
    ) throws(CommandFailure) -> [String] {
        let password = try SecretInput.password()
        let accounts = try file.open(creating: true)
        return [
            try CommandFailure.asking { () throws(UserDatabase.Fault) in
                try accounts.addUser(name, id: call.value("id"), password: password, at: AccountFile.now)
            }
        ]
    }

    private static func list(_ file: AccountFile) throws(CommandFailure) -> [String] {
        let accounts = try file.open()
        return try CommandFailure.telling { () throws(DatabaseError) in try accounts.accounts() }.map { account in
            let line: JSONValue = [
                "id": .string(account.id), "username": .string(account.username),
                "created": .string(Timestamp.text(of: account.created.microseconds)),
            ]
            return String(decoding: line.encoded(), as: UTF8.self)
        }
    }

    private static func setPassword(_ text: String, _ file: AccountFile) throws(CommandFailure) -> [String] {
        let accounts = try file.open()
        let id = try find(text, in: accounts).id
        let password = try SecretInput.password()
        try CommandFailure.asking { () throws(UserDatabase.Fault) in try accounts.setPassword(of: id, password) }
        return []
    }

    private static func delete(_ text: String, _ file: AccountFile) throws(CommandFailure) -> [String] {
        let accounts = try file.open()
        let id = try find(text, in: accounts).id
        _ = try CommandFailure.telling { () throws(DatabaseError) in try accounts.delete(id, at: AccountFile.now) }
        return [id]
    }

    private static func takeOver(_ path: String, _ file: AccountFile) throws(CommandFailure) -> [String] {
        let accounts = try file.open(creating: true)
        let report = try CommandFailure.asking { () throws(UserDatabase.Fault) in
            try accounts.importUsers(from: path)
        }
        return ["\(report.added) added, \(report.skipped.count) left out"] + report.skipped.map { "  \($0)" }
    }

    private static func find(_ text: String, in accounts: UserDatabase) throws(CommandFailure) -> Account {
        let account = try CommandFailure.telling { () throws(DatabaseError) in try accounts.account(called: text) }
        guard let account else { throw CommandFailure("there is no user \(text)") }
        return account
    }
}
