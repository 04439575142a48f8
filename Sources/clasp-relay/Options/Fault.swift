import Glibc

/// What can go wrong before and while the relay starts. The raw value is the anchor of its section in
/// `docs/troubleshooting.md`.
enum Trouble: String, Sendable, CaseIterable {
    case unknownOption = "unknown-option"
    case missingValue = "missing-value"
    case invalidValue = "invalid-value"
    case unexpectedArgument = "unexpected-argument"
    case notInThisRelease = "not-in-this-release"
    case unreadableFile = "unreadable-file"
    case invalidConfig = "invalid-config"
    case unknownKey = "unknown-key"
    case placeholderSecret = "placeholder-secret"
    case weakSecret = "weak-secret"
    case looseFileMode = "loose-file-mode"
    case contradiction = "contradiction"
    case unsafeInProduction = "unsafe-in-production"
    case invalidAppConfig = "invalid-app-config"
    case portInUse = "port-in-use"
    case portNotAllowed = "port-not-allowed"
    case addressNotHere = "address-not-here"
    case dataDirectoryInUse = "data-directory-in-use"
    case dataDirectoryUnusable = "data-directory-unusable"
    case logFileUnusable = "log-file-unusable"
    case damagedData = "damaged-data"
    case invalidCertificate = "invalid-certificate"
    case invalidSigningKeys = "invalid-signing-keys"
    case relayUnreachable = "relay-unreachable"
    case relayRefused = "relay-refused"
    case relayUnhealthy = "relay-unhealthy"

    /// As in sysexits(3).
    var status: Int32 {
        switch self {
        case .unknownOption, .missingValue, .invalidValue, .unexpectedArgument, .notInThisRelease: EX_USAGE
        case .unreadableFile: EX_NOINPUT
        case .invalidConfig, .unknownKey, .placeholderSecret, .weakSecret, .looseFileMode, .contradiction,
            .unsafeInProduction, .invalidAppConfig, .invalidCertificate, .invalidSigningKeys:
            EX_CONFIG
        case .portInUse, .addressNotHere, .relayUnreachable: EX_UNAVAILABLE
        case .relayUnhealthy: EXIT_FAILURE
        case .portNotAllowed, .relayRefused: EX_NOPERM
        case .dataDirectoryInUse: EX_TEMPFAIL
        case .dataDirectoryUnusable, .logFileUnusable: EX_CANTCREAT
        case .damagedData: EX_DATAERR
        }
    }
}

/// One thing that is wrong, as the operator reads it.
struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    let trouble: Trouble
    /// Names the place first: a flag, a variable, or a file with its line.
    let text: String
    let status: Int32

    init(_ trouble: Trouble, _ text: String, status: Int32? = nil) {
        self.trouble = trouble
        self.text = text
        self.status = status ?? trouble.status
    }

    var description: String { "\(text)\n  see docs/troubleshooting.md#\(trouble.rawValue)" }
}

extension [Fault] {
    /// Of several faults the wrong use of the command line counts first, then a missing file.
    var exitStatus: Int32 {
        let order = [EX_USAGE, EX_NOINPUT, EX_CONFIG]
        for status in order where contains(where: { $0.status == status }) { return status }
        return first?.status ?? EXIT_SUCCESS
    }
}
