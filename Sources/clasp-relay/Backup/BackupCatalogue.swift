import RelayLog
import RelayStorage
import RelayThreads

/// The backups in a directory, known by their names: `clasp-relay-20250131T120000Z.tar.gz`, with a reason in front of
/// the ending and the kind of encryption behind it where there is one.
struct BackupCatalogue {
    let directory: String
    private let disk = LinuxFileSystem()

    init(in directory: String) { self.directory = directory }

    struct Entry: Equatable {
        let name: String
        /// Microseconds since 1970.
        let created: Int64
        let reason: String?
        let encryption: Encryption
        let bytes: Int64
    }

    private static let prefix = "clasp-relay-"
    private static let ending = ".tar.gz"
    static let partialEnding = ".part"
    private static let dayMicroseconds: Int64 = 86_400_000_000

    /// A name behind those of all others. Seconds are all that a name has, so the next one may have to do.
    func newName(at time: Int64, reason: String?, _ encryption: Encryption) throws(FileError) -> String {
        try disk.makeDirectory(directory)
        let times = try disk.names(in: directory).compactMap { name in
            let isPartial = name.hasSuffix(Self.partialEnding)
            return Self.parse(isPartial ? String(name.dropLast(Self.partialEnding.count)) : name)?.created
        }
        // A clock that was far ahead once must not name the backups of years.
        let newest = times.filter { $0 < time + 3_600_000_000 }.max() ?? 0
        let stamp = Self.stamp(of: max(time, newest + 1_000_000))
        return Self.prefix + stamp + (reason.map { "-\($0)" } ?? "") + Self.ending + encryption.rawValue
    }

    /// Oldest first.
    func entries() throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        for name in try disk.names(in: directory) {
            guard let (created, reason, encryption) = Self.parse(name) else { continue }
            let bytes = try disk.size(of: "\(directory)/\(name)") ?? 0
            entries.append(Entry(name: name, created: created, reason: reason, encryption: encryption, bytes: bytes))
        }
        return entries.sorted { ($0.created, $0.name) < ($1.created, $1.name) }
    }

    /// Removes what is older than some days, and of the backups with the same reason all but the newest. The one that
    /// was just made is never among them, and neither is anything while none has been made.
    func prune(after newest: String, days: Int64?, count: Int?, reason: String?) throws(FileError) -> [String] {
        let entries = try entries()
        var dropped: Set<String> = []
        if let days {
            let limit = WallClock.now - days * Self.dayMicroseconds
            for entry in entries where entry.created < limit { dropped.insert(entry.name) }
        }
        if let count {
            for entry in entries.filter({ $0.reason == reason }).dropLast(count) { dropped.insert(entry.name) }
        }
        dropped.remove(newest)
        // What a backup that was killed has left.
        for name in try disk.names(in: directory) where name.hasSuffix(Self.partialEnding) {
            guard let (created, _, _) = Self.parse(String(name.dropLast(Self.partialEnding.count))) else { continue }
            if created < WallClock.now - Self.dayMicroseconds { dropped.insert(name) }
        }
        for name in dropped { try disk.remove("\(directory)/\(name)") }
        if !dropped.isEmpty { try disk.syncDirectory(directory) }
        return dropped.sorted()
    }

    // MARK: Names

    static func isReason(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 32
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }

    static func parse(_ name: String) -> (created: Int64, reason: String?, encryption: Encryption)? {
        for encryption in Encryption.allCases {
            let ending = ending + encryption.rawValue
            guard name.hasPrefix(prefix), name.hasSuffix(ending), name.count > prefix.count + ending.count else {
                continue
            }
            let middle = name.dropFirst(prefix.count).dropLast(ending.count)
            let parts = middle.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let created = parts.first.flatMap({ time(of: $0) }) else { continue }
            let reason = parts.count == 2 ? String(parts[1]) : nil
            if let reason, !isReason(reason) { continue }
            return (created, reason, encryption)
        }
        return nil
    }

    /// `20250131T120000Z`: RFC 3339 without its punctuation, which some file systems do not like.
    private static func stamp(of time: Int64) -> String {
        Timestamp.text(of: time).prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" } + "Z"
    }

    private static func time(of stamp: Substring) -> Int64? {
        let digits = Array(stamp)
        guard digits.count == 16, digits[8] == "T", digits[15] == "Z" else { return nil }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return MomentText.parse(
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z", now: 0)
    }
}
