/// A call that the system refused, with everything an operator needs to act on it.
package struct FileError: Error, Equatable, CustomStringConvertible {
    package let call: String
    package let path: String
    /// errno, positive.
    package let code: Int32

    package init(call: String, path: String, code: Int32) {
        self.call = call
        self.path = path
        self.code = code
    }

    package static let notPermitted: Int32 = 1
    package static let missing: Int32 = 2
    package static let inputOutput: Int32 = 5
    package static let denied: Int32 = 13
    package static let exists: Int32 = 17
    package static let tooLarge: Int32 = 27
    package static let noSpace: Int32 = 28
    package static let readOnly: Int32 = 30
    package static let notSupported: Int32 = 95
    package static let quota: Int32 = 122
    /// A write that takes nothing and gives no reason.
    package static let noProgress: Int32 = inputOutput

    /// Whether freeing some space would help.
    package var isAboutSpace: Bool { code == Self.noSpace || code == Self.quota }

    package var description: String {
        let reason: String
        switch code {
        case Self.notPermitted: reason = "operation not permitted"
        case Self.missing: reason = "no such file or directory"
        case Self.inputOutput: reason = "input/output error"
        case Self.denied: reason = "permission denied"
        case Self.exists: reason = "file exists"
        case Self.tooLarge: reason = "file too large"
        case Self.noSpace: reason = "no space left on the device"
        case Self.readOnly: reason = "read-only file system"
        case Self.notSupported: reason = "not supported"
        case Self.quota: reason = "disk quota exceeded"
        default: reason = "errno \(code)"
        }
        return "\(call) \(path): \(reason)"
    }
}
