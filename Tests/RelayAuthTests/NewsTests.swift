import RelayTestKit
import RelayThreads
import Testing

@testable import RelayAuth

/// What another process has done is told, whatever goes wrong beside it.
@Suite(.serialized) struct `News from another process` {
    /// What the accounts thread says, and a way to make it wait in the middle of saying something.
    private struct Heard {
        var changes: [TokenChange] = []
        var failures = 0
        var isHeld = false
        var isWaiting = false
    }

    private let scratch = Scratch()
    private let time = ManualClock()
    private let heard = Monitor(Heard())

    private func open() throws -> SQLiteAccounts {
        let heard = heard
        return try SQLiteAccounts(
            path: scratch.file("users.db"), clock: time.clock,
            publish: { changes in
                heard.change {
                    $0.changes += changes
                    $0.isWaiting = $0.isHeld
                }
                heard.wait { $0.isHeld ? nil : true }
            },
            complain: { _ in heard.change { $0.failures += 1 } })
    }

    private func hears(_ change: TokenChange) -> Bool {
        heard.wait(upTo: .seconds(10)) { $0.changes.contains(change) ? true : nil } ?? false
    }

    private func token(_ secret: String, in other: UserDatabase) throws -> TokenDigest {
        let digest = TokenDigest(of: secret)
        #expect(
            try other.issue(
                TokenRecord(
                    digest: digest, kind: .issued, subject: "s", name: "s", scopes: ScopeList([]), created: time.now,
                    expiry: nil)))
        return digest
    }

    @Test func `is told when nothing can be forgotten`() throws {
        let store = try open()
        defer { store.close() }
        let other = try UserDatabase(path: scratch.file("users.db"))
        heard.change { $0.isHeld = true }
        let digest = try token("one", in: other)
        // In one look, the first after this: a revocation, and a purge that fails.
        #expect(heard.wait(upTo: .seconds(10)) { $0.isWaiting ? true : nil } == true)
        try other.add(Invite(digest: digest, created: time.now, expiry: UnixTime(seconds: 1), usesLeft: 1))
        try other.database.execute(
            "CREATE TRIGGER stays BEFORE DELETE ON invites BEGIN SELECT RAISE(ABORT, 'stays'); END")
        #expect(try other.revoke(digest))
        time.advance(SQLiteAccounts.purgeInterval)
        heard.change { $0.isHeld = false }
        #expect(hears(.removed(digest)))
        #expect(heard.wait(upTo: .seconds(10)) { $0.failures > 0 ? true : nil } == true)
    }

    @Test func `that could not be read is told as soon as it can`() throws {
        let store = try open()
        defer { store.close() }
        let other = try UserDatabase(path: scratch.file("users.db"))
        let (kept, unreadable) = (try token("one", in: other), try token("two", in: other))
        try other.database.transaction { () throws(DatabaseError) in
            try other.database.execute("UPDATE tokens SET kind = 'none' WHERE digest = ?", .blob(unreadable.bytes))
            try other.database.execute("DELETE FROM tokens WHERE digest = ?", .blob(kept.bytes))
        }
        #expect(heard.wait(upTo: .seconds(10)) { $0.failures > 0 ? true : nil } == true)
        // By the reader's own connection, for which this is nothing foreign.
        try store.database.withLock {
            try $0.database.execute("DELETE FROM tokens WHERE digest = ?", .blob(unreadable.bytes))
        }
        #expect(hears(.removed(kept)))
    }
}
