import Glibc

/// The relay's process, seen from outside.
struct ServerProcess {
    let identifier: Int32

    struct Sample {
        /// Of all its threads, in nanoseconds; in the kernel's count of hundredths for the part spent in user mode.
        var cpu: UInt64 = 0
        var user: UInt64 = 0
        var residentBytes = 0
    }

    /// Nil when there is no such process.
    func sample() -> Sample? {
        var clock = clockid_t()
        var time = timespec()
        guard unsafe clock_getcpuclockid(identifier, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else {
            return nil
        }
        var sample = Sample(cpu: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
        // Behind the name, which may hold anything: state, and from there on utime is the twelfth.
        if let text = SystemFile.text(of: "/proc/\(identifier)/stat"), let end = text.lastIndex(of: ")") {
            let fields = text[text.index(after: end)...].split(separator: " ")
            if fields.count > 11, let ticks = UInt64(fields[11]) {
                sample.user = ticks * 1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
            }
        }
        sample.residentBytes = residentBytes
        return sample
    }

    var residentBytes: Int {
        let fields = SystemFile.text(of: "/proc/\(identifier)/statm")?.split(separator: " ") ?? []
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}

/// What this process and the whole machine have computed, in nanoseconds.
struct ComputedTime {
    var generator: UInt64 = 0
    var machine: UInt64 = 0

    static var now: ComputedTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        // cpu user nice system idle iowait irq softirq …
        let fields = SystemFile.text(of: "/proc/stat")?.prefix { $0 != "\n" }.split(separator: " ").map {
            UInt64($0) ?? 0
        }
        let ticks =
            fields.map { fields in [1, 2, 3, 6, 7].reduce(0) { $0 + (fields.count > $1 ? fields[$1] : 0) } } ?? 0
        return ComputedTime(
            generator: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec),
            machine: ticks * 1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
    }
}

/// Small files of the kernel.
enum SystemFile {
    static func text(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
