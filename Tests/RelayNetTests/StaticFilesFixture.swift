import Glibc

@testable import RelayNet

/// A directory of pages with a secret beside it, removed with the fixture.
final class StaticFilesFixture {
    let base: String
    var root: String { base + "/web" }

    init() {
        base = "/tmp/relay-static-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        for directory in [base, root, root + "/assets", root + "/docs", root + "/empty", root + "/.well-known"] {
            unsafe mkdir(directory, 0o755)
        }
        write("secret.txt", "SECRET outside the root")
        write("web-secret", "SECRET beside the root")
        write("web/index.html", "<p>start page</p>")
        write("web/assets/app-1a2b.js", "0123456789")
        write("web/assets/app-1a2b.js.br", "brotli")
        write("web/assets/app-1a2b.js.gz", "gzipped")
        write("web/docs/index.html", "<p>documents</p>")
        write("web/docs/plain.css", "p{}")
        write("web/with space.txt", "space")
        write("web/.env", "SECRET dot file")
        write("web/.well-known/security.txt", "Contact: us")
        write("web/nothing.txt", "")
        write("web/no-read.bin", "blob")
        link("../secret.txt", "web/escape.txt")
        link("/etc", "web/etc")
        link("/etc/passwd", "web/leak")
        link("..", "web/up")
        link("docs/plain.css", "web/inside.css")
        link("loop", "web/loop")
        unsafe _ = mkfifo(root + "/pipe.txt", 0o644)
    }

    deinit { remove(base) }

    func write(_ name: String, _ text: String) {
        let path = base + "/" + name
        guard let file = unsafe fopen(path, "w") else { return }
        let octets = Array(text.utf8)
        _ = unsafe octets.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
        unsafe fclose(file)
    }

    func truncate(_ name: String) { write(name, "") }

    private func link(_ target: String, _ name: String) { unsafe _ = symlink(target, base + "/" + name) }

    /// Deepest first, never through a link.
    private func remove(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR, let directory = unsafe opendir(path) {
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { remove(path + "/" + name) }
            }
            unsafe closedir(directory)
        }
        unsafe _ = Glibc.remove(path)
    }

    func wire(_ change: (inout StaticFiles.Options) -> Void = { _ in }, at prefix: String = "/") throws -> HTTPWire {
        var options = StaticFiles.Options()
        change(&options)
        var router = Router()
        router.on(.get, "/api/x") { _ in .text("api") }
        router.mount(try StaticFiles(root: root, options: options), at: prefix)
        return HTTPWire(router)
    }
}
