import Glibc
import RelayStorage

/// Who listens on a port of this machine already.
struct PortHolder: Equatable, CustomStringConvertible {
    let process: Int32
    let name: String

    var description: String { "process \(process) (\(name))" }

    /// Nil when nobody does, or when it is a process of somebody else, whom only root may look at.
    static func find(port: UInt16) -> PortHolder? {
        let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { Self.sockets(in: $0, listeningOn: port) }
        guard !sockets.isEmpty else { return nil }
        let wanted = Set(sockets.map { "socket:[\($0)]" })
        for entry in (try? LinuxFileSystem().names(in: "/proc")) ?? [] {
            guard let process = Int32(entry) else { continue }
            let directory = "/proc/\(process)/fd"
            let descriptors = (try? LinuxFileSystem().names(in: directory)) ?? []
            if descriptors.contains(where: { wanted.contains(target(of: directory + "/" + $0)) }) {
                let name = ProcessFigures.text(of: "/proc/\(process)/comm") ?? "?"
                return PortHolder(process: process, name: String(name.prefix { $0 != "\n" }))
            }
        }
        return nil
    }

    /// Inodes of the sockets that listen: local address and port in hexadecimal, state 0A.
    private static func sockets(in table: String, listeningOn port: UInt16) -> [Substring] {
        guard let text = ProcessFigures.text(of: table) else { return [] }
        let digits = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[1].hasSuffix(suffix), fields[3] == "0A" else { return nil }
            return fields[9]
        }
    }

    private static func target(of link: String) -> String {
        var room = [CChar](repeating: 0, count: 256)
        let count = unsafe readlink(link, &room, room.count)
        return String(decoding: room.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
