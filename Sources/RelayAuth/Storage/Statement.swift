internal import CSQLite

/// A prepared statement and, while it stands on one, its row. `Database` steps it; others read columns.
@safe struct Statement: ~Copyable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

    deinit { unsafe sqlite3_finalize(handle) }

    func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null:
            return unsafe sqlite3_bind_null(handle, index)
        case .int(let number):
            return unsafe sqlite3_bind_int64(handle, index, number)
        case .text(let text):
            let count = Int32(clamping: text.utf8.count)
            return unsafe csqlite_bind_text(handle, index, text, count)
        case .blob(let bytes):
            return unsafe bytes.withUnsafeBytes {
                unsafe csqlite_bind_blob(handle, index, $0.baseAddress, Int32(clamping: $0.count))
            }
        }
    }

    func step() -> Int32 { unsafe sqlite3_step(handle) }

    func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

    func int(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    func text(_ column: Int32) -> String { String(decoding: octets(column), as: UTF8.self) }

    func blob(_ column: Int32) -> [UInt8] { octets(column) }

    private func octets(_ column: Int32) -> [UInt8] {
        // The pointer first: asking for it may convert the value, which decides the count.
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
