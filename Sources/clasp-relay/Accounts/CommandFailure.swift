import Glibc
import RelayAuth

/// Why a command about accounts did not do what it should.
struct CommandFailure: Error {
    static let refused = EXIT_FAILURE
    static let unusable = EX_CANTCREAT

    let text: String
    let status: Int32

    init(_ text: String, status: Int32 = refused) {
        self.text = text
        self.status = status
    }

    init(_ fault: UserDatabase.Fault) { self.init(fault.description) }

    init(_ error: DatabaseError) { self.init(error.description, status: EX_IOERR) }

    /// Runs a command; its failure becomes a line and an exit status.
    static func reported(as name: String, _ body: () throws(CommandFailure) -> [String]) -> Int32 {
        do throws(CommandFailure) {
            return TextOutput.say(try body())
        } catch {
            return TextOutput.complain(["clasp-relay \(name): \(error.text)"], status: error.status)
        }
    }

    /// Does something with the file; what can go wrong with it is told like any failure.
    static func telling<Result>(
        _ body: () throws(DatabaseError) -> Result
    ) throws(CommandFailure) -> Result {
        do throws(DatabaseError) { return try body() } catch { throw CommandFailure(error) }
    }

    static func asking<Result>(
        _ body: () throws(UserDatabase.Fault) -> Result
    ) throws(CommandFailure) -> Result {
        do throws(UserDatabase.Fault) { return try body() } catch { throw CommandFailure(error) }
    }
}
