internal import CArgon2

/// Argon2id (RFC 9106) by its reference implementation. Takes tens of milliseconds: not for a thread that serves.
enum Argon2 {
    static let hashBytes = 32
    static let saltBytes = 16

    static func record(_ password: [UInt8], salt: [UInt8], _ parameters: Argon2Parameters) throws(Argon2Failure)
        -> PasswordRecord
    {
        PasswordRecord(
            parameters: parameters, salt: salt, hash: try hash(password, salt: salt, parameters, count: hashBytes))
    }

    static func matches(_ password: [UInt8], _ record: PasswordRecord) throws(Argon2Failure) -> Bool {
        let computed = try hash(password, salt: record.salt, record.parameters, count: record.hash.count)
        return Signatures.equal(computed, record.hash)
    }

    private static func hash(
        _ password: [UInt8], salt: [UInt8], _ parameters: Argon2Parameters, count: Int
    ) throws(Argon2Failure) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: count)
        let code = unsafe argon2id_hash_raw(
            parameters.passes, parameters.memoryKiB, parameters.lanes, password, password.count, salt, salt.count,
            &hash, count)
        guard code == ARGON2_OK.rawValue else { throw Argon2Failure(code: code) }
        return hash
    }
}

/// Memory is short, in practice.
package struct Argon2Failure: Error, Equatable {
    package let code: Int32
}
