/// Why bytes are not CLASP, or why something cannot be said in CLASP.
public enum WireError: Error, Equatable, Sendable {
    // The frame
    case shortHeader
    case badMagic
    case shortPayload
    case emptyPayload
    // The message
    case truncated
    case unknownMessageType
    case unknownValueType
    case unknownOperation
    case invalidUTF8
    case valueTooDeep
    case bundleTooDeep
    case countExceedsPayload
    // The legacy form
    case unsupportedLegacyType
    case unexpectedLegacyValue
    case missingField
    case duplicateField
    // Encoding
    case textTooLong
    case tooManyItems
    case payloadTooLarge
    case noRoom

    /// The code of the protocol: 100 for a frame that is none, 101 for a message that is none.
    public var code: UInt16 {
        switch self {
        case .shortHeader, .badMagic, .shortPayload, .emptyPayload: 100
        default: 101
        }
    }

    public var sentence: String {
        switch self {
        case .shortHeader: "the frame is shorter than its header"
        case .badMagic: "the frame does not start with 0x53"
        case .shortPayload: "the frame is shorter than the length it declares"
        case .emptyPayload: "the frame has no payload"
        case .truncated: "the message ends in the middle of a field"
        case .unknownMessageType: "the message type is unknown"
        case .unknownValueType: "a value type is unknown"
        case .unknownOperation: "the federation operation is unknown"
        case .invalidUTF8: "a text is not UTF-8"
        case .valueTooDeep: "a value is nested deeper than \(WireLimits.maxValueDepth) levels"
        case .bundleTooDeep: "bundles are nested deeper than \(WireLimits.maxBundleDepth) levels"
        case .countExceedsPayload: "a list declares more items than the message can hold"
        case .unsupportedLegacyType: "the MessagePack type has no counterpart in CLASP"
        case .unexpectedLegacyValue: "a MessagePack field has the wrong type"
        case .missingField: "a required field is missing"
        case .duplicateField: "a field occurs twice"
        case .textTooLong: "a text is longer than 65,535 bytes"
        case .tooManyItems: "a list has more than 65,535 items"
        case .payloadTooLarge: "the message is larger than \(WireLimits.maxPayloadBytes) bytes"
        case .noRoom: "the buffer is too small for the message"
        }
    }
}
