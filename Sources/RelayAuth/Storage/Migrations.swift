/// How the file of accounts came to be as it is: numbered steps, each in a transaction of its own, remembered in
/// `user_version`. A step that has been released is never changed again.
///
/// Step 1 finds either nothing or the file of another CLASP relay, which has the table `users` and nothing else. That
/// table stays exactly as it is; all that is ours stands beside it.
enum Migrations {
    static let latest = Int64(steps.count)

    static func run(on database: Database) throws(DatabaseError) {
        while true {
            let done = try database.transaction { () throws(DatabaseError) -> Bool in
                let version = try database.number("PRAGMA user_version") ?? 0
                guard (0...latest).contains(version) else {
                    throw DatabaseError("the accounts were written by a later version of this relay (\(version))")
                }
                guard version < latest else { return true }
                for statement in steps[Int(version)] { try database.execute(statement) }
                try database.execute("PRAGMA user_version = \(version + 1)")
                return false
            }
            if done { return }
        }
    }

    private static let steps: [[String]] = [
        [
            """
            CREATE TABLE IF NOT EXISTS users (
                id TEXT PRIMARY KEY,
                username TEXT UNIQUE NOT NULL,
                password_hash TEXT NOT NULL,
                created_at INTEGER NOT NULL
            )
            """,
            // `is_shared`: an imported name that differs from another one only in case; both keep it.
            """
            CREATE TABLE folded_names (
                user_id TEXT PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
                folded TEXT NOT NULL,
                is_shared INTEGER NOT NULL DEFAULT 0
            ) WITHOUT ROWID
            """,
            "CREATE UNIQUE INDEX folded_names_unique ON folded_names(folded) WHERE is_shared = 0",
            "CREATE INDEX folded_names_all ON folded_names(folded)",
            // Ids of deleted accounts: whoever took one again would inherit what is stored under it.
            "CREATE TABLE retired_ids (id TEXT PRIMARY KEY, retired_at INTEGER NOT NULL) WITHOUT ROWID",
            // The digest is the SHA-256 of the token. Times are microseconds since 1970; no expiry is NULL.
            """
            CREATE TABLE tokens (
                digest BLOB PRIMARY KEY,
                kind TEXT NOT NULL,
                subject TEXT NOT NULL,
                name TEXT NOT NULL,
                scopes TEXT NOT NULL,
                created INTEGER NOT NULL,
                expiry INTEGER
            ) WITHOUT ROWID
            """,
            "CREATE INDEX tokens_by_subject ON tokens(subject)",
            "CREATE INDEX tokens_by_expiry ON tokens(expiry)",
            // Signed tokens that shall not count although their signature does.
            "CREATE TABLE denied_tokens (digest BLOB PRIMARY KEY, expiry INTEGER NOT NULL) WITHOUT ROWID",
            """
            CREATE TABLE invites (
                digest BLOB PRIMARY KEY,
                created INTEGER NOT NULL,
                expiry INTEGER,
                uses_left INTEGER NOT NULL
            ) WITHOUT ROWID
            """,
            // Which tokens changed, in order: how one process learns what another did.
            """
            CREATE TABLE token_events (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                digest BLOB NOT NULL
            )
            """,
            """
            CREATE TRIGGER tokens_inserted AFTER INSERT ON tokens
            BEGIN INSERT INTO token_events(digest) VALUES (NEW.digest); END
            """,
            """
            CREATE TRIGGER tokens_updated AFTER UPDATE ON tokens
            BEGIN INSERT INTO token_events(digest) VALUES (NEW.digest); END
            """,
            """
            CREATE TRIGGER tokens_deleted AFTER DELETE ON tokens
            BEGIN INSERT INTO token_events(digest) VALUES (OLD.digest); END
            """,
            """
            CREATE TRIGGER tokens_denied AFTER INSERT ON denied_tokens
            BEGIN INSERT INTO token_events(digest) VALUES (NEW.digest); END
            """,
        ],
        [
            // Folded names are without joiners now. Whoever loses his here is given the new one when the file is opened.
            """
            DELETE FROM folded_names
                WHERE folded GLOB '*[' || char(0x200C) || char(0x200D) || char(0xFE0E) || char(0xFE0F) || ']*'
            """,
            // What there is to know when room is to be made, so that nothing but these is read for it.
            "DROP INDEX IF EXISTS tokens_by_subject",
            "CREATE INDEX tokens_by_owner ON tokens(subject, created DESC, kind, expiry)",
            "CREATE INDEX tokens_by_kind ON tokens(kind, expiry)",
        ],
    ]
}
