/// Who may write what at the addresses of one path, beyond what scopes allow.
package struct WriteRule: Sendable {
    package enum Mode: String, Sendable, CaseIterable {
        case all
        case any
    }

    package let path: PathPattern
    /// All must pass, whatever the mode and the value.
    package let preChecks: [Check]
    package let allowsNull: Bool
    package let mode: Mode
    package let checks: [Check]
}

/// One condition on a write.
package enum Check: Sendable {
    /// The stored map names the subject. What is missing passes only when that is allowed; a stored null fails.
    case stateFieldEqualsSession(lookup: Template, field: [UInt8], allowsMissing: Bool)
    case stateNotNull(lookup: Template)
    /// The written map names the subject.
    case valueFieldEqualsSession(field: [UInt8])
    /// `segment` is nil when the path has no capture of that name.
    case segmentEqualsSession(name: String, segment: Int?)
    case eitherStateNotNull(Template, Template)
    /// The written map has such a text.
    case requireValueField(field: [UInt8])
    case rejectUnlessPathMatches(PathPattern, message: String)

    package var type: CheckType {
        switch self {
        case .stateFieldEqualsSession: .stateFieldEqualsSession
        case .stateNotNull: .stateNotNull
        case .valueFieldEqualsSession: .valueFieldEqualsSession
        case .segmentEqualsSession: .segmentEqualsSession
        case .eitherStateNotNull: .eitherStateNotNull
        case .requireValueField: .requireValueField
        case .rejectUnlessPathMatches: .rejectUnlessPathMatches
        }
    }
}

/// The names that checks have in a config.
package enum CheckType: String, Sendable, CaseIterable {
    case stateFieldEqualsSession = "state_field_equals_session"
    case stateNotNull = "state_not_null"
    case valueFieldEqualsSession = "value_field_equals_session"
    case segmentEqualsSession = "segment_equals_session"
    case eitherStateNotNull = "either_state_not_null"
    case requireValueField = "require_value_field"
    case rejectUnlessPathMatches = "reject_unless_path_matches"
}
