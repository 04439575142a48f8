/// Numbers with units: `30s`, `256MiB`, `80%`. A bare number counts seconds or bytes.
extension ValueKind where Value == Duration {
    static func duration(_ range: ClosedRange<Duration>) -> ValueKind {
        ValueKind(
            form: .quantity, placeholder: "TIME",
            expectation: "a time from \(range.lowerBound.text) to \(range.upperBound.text), such as 500ms, 30s or 24h",
            read: { text in Duration(units: text).flatMap { range.contains($0) ? $0 : nil } }, write: { $0.text })
    }
}

extension ValueKind where Value == Duration? {
    /// Zero stands for never.
    static func durationOrNone(_ range: ClosedRange<Duration>) -> ValueKind {
        ValueKind(
            form: .quantity, placeholder: "TIME",
            expectation: "a time from \(range.lowerBound.text) to \(range.upperBound.text), or 0 for none",
            read: { text in
                guard let time = Duration(units: text) else { return nil }
                if time == .zero { return .some(nil) }
                return range.contains(time) ? .some(time) : nil
            }, write: { $0?.text ?? "0" })
    }

    /// Absent means that something else decides.
    static func optionalDuration(_ range: ClosedRange<Duration>) -> ValueKind {
        ValueKind(
            form: .quantity, placeholder: "TIME",
            expectation: "a time from \(range.lowerBound.text) to \(range.upperBound.text)",
            read: { text in Duration(units: text).flatMap { range.contains($0) ? .some($0) : nil } },
            write: { $0?.text ?? "" })
    }
}

extension ValueKind where Value == Int {
    static func bytes(_ range: ClosedRange<Int>) -> ValueKind {
        ValueKind(
            form: .quantity, placeholder: "SIZE",
            expectation: "a size from \(ByteCount.text(range.lowerBound)) to \(ByteCount.text(range.upperBound)), "
                + "such as 65536, 256KiB or 1MiB",
            read: { text in ByteCount.read(text).flatMap { range.contains($0) ? $0 : nil } },
            write: { ByteCount.text($0) })
    }
}

extension ValueKind where Value == Double {
    /// A part of a whole, as 0…1 or in percent.
    static var share: ValueKind {
        ValueKind(
            form: .quantity, placeholder: "SHARE", expectation: "a share such as 80% or 0.8",
            read: { text in
                let number = text.last == "%" ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
                return number.flatMap { $0 > 0 && $0 <= 1 ? $0 : nil }
            },
            write: { share in
                let percent = share * 100
                let isWhole = (percent - Double(Int(percent + 0.5))).magnitude < 1e-9
                return isWhole ? "\(Int(percent + 0.5))%" : "\(percent)%"
            })
    }
}

extension Duration {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// `250ms`, `30s`, `5m`, `24h`, `7d`, or a number of seconds.
    init?(units text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...]
        guard let number = Int64(digits) else { return nil }
        guard let scale = unit.isEmpty ? 1_000 : Self.units.first(where: { $0.name == unit })?.milliseconds else {
            return nil
        }
        let (milliseconds, overflowed) = number.multipliedReportingOverflow(by: scale)
        // Some thousand years: what is larger is a mistake.
        guard !overflowed, milliseconds < 1 << 47 else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// In the largest unit that says it exactly.
    var text: String {
        let (seconds, attoseconds) = components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "0" }
        for unit in Self.units where milliseconds % unit.milliseconds == 0 {
            return "\(milliseconds / unit.milliseconds)\(unit.name)"
        }
        return "\(milliseconds)ms"
    }
}

enum ByteCount {
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("kB", 1_000), ("B", 1),
    ]

    static func read(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...]
        guard let number = Int(digits) else { return nil }
        guard let scale = unit.isEmpty ? 1 : units.first(where: { $0.name == unit })?.bytes else { return nil }
        let (bytes, overflowed) = number.multipliedReportingOverflow(by: scale)
        return overflowed ? nil : bytes
    }

    /// In binary units, if one says it exactly.
    static func text(_ bytes: Int) -> String {
        for unit in units.prefix(4) where bytes >= unit.bytes && bytes % unit.bytes == 0 {
            return "\(bytes / unit.bytes)\(unit.name)"
        }
        return String(bytes)
    }
}
