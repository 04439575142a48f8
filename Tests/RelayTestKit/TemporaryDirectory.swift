import CLinux
import Glibc

/// A directory of its own for a test on the real disk, gone with everything in it when nobody holds it any more.
package final class TemporaryDirectory {
    package let path: String

    package init() throws {
        path = "/tmp/clasp-relay-test.\(clinux_process_id()).\(clinux_random_word())"
        guard unsafe clinux_make_directory(path) == 0 else {
            throw RelayProcess.Fault.call("mkdir", code: clinux_errno())
        }
    }

    deinit { Self.remove(path) }

    package static func remove(_ path: String) {
        if unsafe unlink(path) == 0 { return }
        guard let directory = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { remove(path + "/" + name) }
        }
        unsafe closedir(directory)
        unsafe rmdir(path)
    }
}
