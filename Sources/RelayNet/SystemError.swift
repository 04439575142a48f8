import CLinux

/// A system call that failed: which one, and why.
package struct SystemError: Error, Equatable {
    package let call: StaticString
    package let code: Int32

    package init(_ call: StaticString, code: Int32) {
        self.call = call
        self.code = code
    }

    /// The last call's error. Build it before any other call can change `errno`.
    package init(_ call: StaticString) {
        self.init(call, code: clinux_errno())
    }

    package static func == (one: SystemError, other: SystemError) -> Bool {
        one.code == other.code && one.call.description == other.call.description
    }

    /// The socket has nothing to give or no room; the only error that is none.
    static let wouldBlock: Int = 11
}
