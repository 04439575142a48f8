import RelayAuth
import RelayThreads

/// The file of accounts as the commands name it. They write into it beside a running relay, which notices.
struct AccountFile {
    static let options: Set<String> = ["auth-db", "data-dir"]
    static let help = """
        --auth-db FILE    the accounts (RELAY_AUTH_DB, else users.db in the data directory)
        --data-dir DIR    the data directory (RELAY_DATA_DIR, else ./data)
        """

    let path: String

    init(_ words: CommandWords) {
        path = words.value("auth-db") ?? Self.variable ?? words.dataDirectory + "/users.db"
    }

    private static var variable: String? { CommandWords.variable("RELAY_AUTH_DB") }

    func open() throws(CommandFailure) -> UserDatabase {
        do throws(DatabaseError) {
            return try UserDatabase(path: path)
        } catch {
            throw CommandFailure(error.description, status: CommandFailure.unusable)
        }
    }

    static var now: UnixTime { UnixTime(microseconds: WallClock.now) }
}
