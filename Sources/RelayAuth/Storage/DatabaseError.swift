/// What SQLite answered where it should have said yes. Carries no values, so it may be logged.
package struct DatabaseError: Error, Equatable, CustomStringConvertible {
    /// SQLite's extended result code; 0 where we found the fault ourselves.
    package let code: Int32
    package let reason: String

    package init(code: Int32, reason: String) {
        self.code = code
        self.reason = reason
    }

    package init(_ reason: String) { self.init(code: 0, reason: reason) }

    package var description: String { code == 0 ? reason : "\(reason) (SQLite \(code))" }
}
