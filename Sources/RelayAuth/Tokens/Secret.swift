internal import CLinux

/// Secrets and ids from the system's random source.
package enum Secret {
    package static let tokenPrefix = "cpsk_"
    package static let invitePrefix = "inv_"

    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](capacity: count) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                unsafe clinux_random(buffer.baseAddress, count)
                initialized = count
            }
        }
    }

    package static func word() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// `cpsk_` and 32 hexadecimal digits.
    package static func token() -> String { tokenPrefix + hex(bytes(16)) }

    package static func invite() -> String { invitePrefix + hex(bytes(16)) }

    /// `u-{milliseconds}-{8 hex digits}`.
    package static func userID(at now: UnixTime) -> String { "u-\(now.milliseconds)-\(hex(bytes(4)))" }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
