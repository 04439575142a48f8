/// The rule for user ids. A security rule: ids are substituted into scope templates, so a `/` or `*` in one would
/// widen what its owner may do.
package enum UserID {
    package static let maximumLength = 64

    package static func isValid(_ id: some Collection<UInt8>) -> Bool {
        (1...maximumLength).contains(id.count)
            && id.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
