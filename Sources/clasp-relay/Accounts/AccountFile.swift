import RelayAuth
import RelayThreads

/// The file of accounts as the commands name it. They write into it beside a running relay, which notices.
struct AccountFile {
    static let flags: [Flag] = [.setting("auth-db"), .setting("data-dir")]

    let path: String

    init(_ call: CommandCall) {
        let said = call.setting("auth-db")
        path = said.isEmpty ? call.setting("data-dir") + "/users.db" : said
    }

    /// `creating`: where accounts may be made before the first start. Anything else on a file that is not there is a slip
    /// in its name, and would be done where no relay looks.
    func open(creating: Bool = false) throws(CommandFailure) -> UserDatabase {
        do throws(DatabaseError) {
            return try UserDatabase(path: path, creating: creating)
        } catch {
            throw CommandFailure(error.description, status: CommandFailure.unusable)
        }
    }

    static var now: UnixTime { UnixTime(microseconds: WallClock.now) }
}
