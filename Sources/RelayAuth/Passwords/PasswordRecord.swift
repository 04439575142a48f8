/// A stored password: the PHC string `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, read.
struct PasswordRecord: Equatable {
    let parameters: Argon2Parameters
    let salt: [UInt8]
    let hash: [UInt8]

    init(parameters: Argon2Parameters, salt: [UInt8], hash: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// Nil for another function, another version, or what would cost more than we are ready to pay: the string may
    /// come from an imported file.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1].elementsEqual("argon2id".utf8),
            parts[2].elementsEqual("v=19".utf8), let parameters = Argon2Parameters(Array(parts[3])),
            let salt = PHCBase64.decode(Array(parts[4])), let hash = PHCBase64.decode(Array(parts[5])),
            Self.saltLengths.contains(salt.count), Self.hashLengths.contains(hash.count)
        else { return nil }
        self.init(parameters: parameters, salt: salt, hash: hash)
    }

    private static let saltLengths = 8...64
    private static let hashLengths = 16...64

    var text: String {
        "$argon2id$v=19$m=\(parameters.memoryKiB),t=\(parameters.passes),p=\(parameters.lanes)"
            + "$\(PHCBase64.encode(salt))$\(PHCBase64.encode(hash))"
    }
}

/// What a hash costs.
package struct Argon2Parameters: Sendable, Equatable {
    package let memoryKiB: UInt32
    package let passes: UInt32
    package let lanes: UInt32

    /// The least that OWASP's cheat sheet recommends, and what other CLASP relays use: 19 MiB, two passes, one lane.
    package static let standard = Argon2Parameters(memoryKiB: 19_456, passes: 2, lanes: 1)

    package init(memoryKiB: UInt32, passes: UInt32, lanes: UInt32) {
        self.memoryKiB = memoryKiB
        self.passes = passes
        self.lanes = lanes
    }

    /// `m=…,t=…,p=…`, within bounds.
    init?(_ text: [UInt8]) {
        let values = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard values.count == 3, let memory = Self.number(values[0], after: "m="),
            let passes = Self.number(values[1], after: "t="), let lanes = Self.number(values[2], after: "p="),
            (1...16).contains(lanes), (8 * lanes...262_144).contains(memory), (1...16).contains(passes)
        else { return nil }
        self.init(memoryKiB: memory, passes: passes, lanes: lanes)
    }

    private static func number(_ text: ArraySlice<UInt8>, after name: String) -> UInt32? {
        guard text.starts(with: name.utf8) else { return nil }
        return UInt32(String(decoding: text.dropFirst(name.utf8.count), as: UTF8.self))
    }
}

/// The PHC string format writes standard Base64 without padding.
enum PHCBase64 {
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        Base64.decode(text + [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4))
    }

    static func encode(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(letters[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { text.append(letters[Int(bits << UInt32(6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
