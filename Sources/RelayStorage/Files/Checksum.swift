internal import CLinux

/// CRC-32C over what passes by. The processor does it (SSE 4.2, ARMv8), tables where it cannot.
package struct Checksum: Sendable, Equatable {
    package private(set) var value: UInt32 = 0

    package init() {}

    package mutating func add(_ bytes: Span<UInt8>) {
        value = unsafe bytes.withUnsafeBytes { unsafe clinux_crc32c(value, $0.baseAddress, $0.count) }
    }

    /// Adds a number, most significant byte first.
    mutating func add(_ number: UInt64) {
        value = unsafe withUnsafeBytes(of: number.bigEndian) { unsafe clinux_crc32c(value, $0.baseAddress, $0.count) }
    }

    package static func of(_ bytes: Span<UInt8>) -> UInt32 {
        var checksum = Checksum()
        checksum.add(bytes)
        return checksum.value
    }

    /// By tables only, to compare with.
    package static func portable(of bytes: Span<UInt8>) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe clinux_crc32c_portable(0, $0.baseAddress, $0.count) }
    }
}

extension [UInt8] {
    /// Appends by one copy.
    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
