import Glibc

/// What one look has found.
struct DoctorFinding: Sendable, Equatable {
    enum Grade: String, Sendable { case good = "ok", worry = "warn", bad = "FAIL" }

    /// The name of the item, which does not change from release to release.
    let item: String
    let grade: Grade
    let text: String

    static func good(_ item: String, _ text: String) -> DoctorFinding {
        DoctorFinding(item: item, grade: .good, text: text)
    }
    static func worry(_ item: String, _ text: String) -> DoctorFinding {
        DoctorFinding(item: item, grade: .worry, text: text)
    }
    static func bad(_ item: String, _ text: String) -> DoctorFinding {
        DoctorFinding(item: item, grade: .bad, text: text)
    }

    /// A line a finding.
    var line: String {
        grade.rawValue + String(repeating: " ", count: 6 - grade.rawValue.utf8.count) + item
            + String(repeating: " ", count: max(1, 18 - item.utf8.count)) + text
    }
}
