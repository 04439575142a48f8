import CLinux
import Glibc
import RelayThreads

/// A plain HTTP client for tests: one request a connection, sent as it is told, also when that is nonsense.
package struct HTTPCaller: Sendable {
    package let port: UInt16

    package init(port: UInt16) { self.port = port }

    package struct Answer: Sendable {
        package let status: Int
        package let fields: [(name: String, value: String)]
        package let content: [UInt8]

        package init(status: Int, fields: [(name: String, value: String)], content: [UInt8]) {
            self.status = status
            self.fields = fields
            self.content = content
        }

        package var text: String { String(decoding: content, as: UTF8.self) }

        /// The first field of that name.
        package subscript(name: String) -> String? {
            fields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    package enum Fault: Error {
        case noConnection
        case noAnswer(String)
    }

    package func call(
        _ method: String, _ path: String, _ content: String? = nil, fields: [(String, String)] = []
    ) async throws -> Answer {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if let content { text += "Content-Length: \(content.utf8.count)\r\n\r\n\(content)" } else { text += "\r\n" }
        let octets = Array(text.utf8)
        let reply = try await Self.blocking { try exchange(octets) }
        return try Self.parse(reply)
    }

    /// Runs what blocks on a thread of its own: the pool that tests run on has only as many threads as there are cores.
    private static func blocking<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        let running = Monitor<BackgroundThread?>(nil)
        let outcome: Swift.Result<Result, any Error> = await withCheckedContinuation { continuation in
            let thread = BackgroundThread(name: "test-http") { continuation.resume(returning: .init(catching: body)) }
            running.withLock { $0 = thread }
        }
        running.withLock { $0.take() }?.join()
        return try outcome.get()
    }

    private func exchange(_ request: [UInt8]) throws -> [UInt8] {
        let descriptor = connect()
        guard descriptor >= 0 else { throw Fault.noConnection }
        defer { close(descriptor) }
        var sent = 0
        while sent < request.count {
            let rest = request[sent...]
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0x4000) }
            // A server that refuses what is too long may stop reading; its answer is there all the same.
            guard count > 0 else { break }
            sent += count
        }
        var reply: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(descriptor, &room, room.count)
            guard count > 0 else { return reply }
            reply += room[..<count]
        }
    }

    private func connect() -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return code == 0 ? descriptor : -1
    }

    private static func parse(_ reply: [UInt8]) throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        guard
            let split = reply.indices.dropLast(3).first(where: { reply[$0..<$0 + 4].elementsEqual(end) })
        else { throw Fault.noAnswer(String(decoding: reply, as: UTF8.self)) }
        let lines = String(decoding: reply[..<split], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, let status = Int(words[1]) else {
            throw Fault.noAnswer(String(decoding: reply, as: UTF8.self))
        }
        let fields = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (String(line[..<colon]), String(value))
        }
        return Answer(status: status, fields: fields, content: Array(reply[(split + 4)...]))
    }
}
