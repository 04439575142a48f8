import Glibc
import RelayStorage

/// Whether this machine can build and run a relay.
struct HostChecks {
    /// Where programs are looked for, as in `PATH`.
    let path: String

    private static let buildMemory: UInt64 = 2 << 30
    private static let buildDisk: UInt64 = 2 << 30

    var findings: [DoctorFinding] { tools + [memory, disk, processors, kernel].compactMap { $0 } }

    private var tools: [DoctorFinding] {
        let needed = [("openssl", "makes keys and tokens"), ("git", "fetches releases")]
        let useful = [("docker", "only for the container"), ("curl", "only for the examples")]
        return needed.map { name, use in
            find(name).map { .good(name, $0) } ?? .bad(name, "is not installed; it \(use)")
        }
            + useful.map { name, use in
                find(name).map { .good(name, $0) } ?? .worry(name, "is not installed; it is needed \(use)")
            }
    }

    private func find(_ name: String) -> String? {
        path.split(separator: ":").map { $0 + "/" + name }.first { unsafe access($0, X_OK) == 0 }
    }

    private var memory: DoctorFinding? {
        let line = ProcessFigures.text(of: "/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) }) else { return nil }
        let text = "\(kilobytes >> 10) MiB"
        return kilobytes << 10 >= Self.buildMemory - (256 << 20)
            ? .good("memory", text) : .worry("memory", "\(text): enough to run a relay, little to build one (2 GiB)")
    }

    private var disk: DoctorFinding? {
        guard let space = try? LinuxFileSystem().space(at: ".") else { return nil }
        let text = "\(space.available >> 20) MiB left here"
        return space.available >= Self.buildDisk ? .good("disk", text) : .worry("disk", "\(text): a build needs 2 GiB")
    }

    private var processors: DoctorFinding { .good("processors", String(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    private var kernel: DoctorFinding? {
        guard let release = ProcessFigures.text(of: "/proc/sys/kernel/osrelease") else { return nil }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        let text = String(release.prefix { $0 != "\n" })
        // openat2, by which static files are kept inside their directory.
        guard numbers.count == 2, numbers[0] > 5 || (numbers[0] == 5 && numbers[1] >= 6) else {
            return .worry("kernel", "\(text) is older than 5.6")
        }
        return .good("kernel", text)
    }
}
