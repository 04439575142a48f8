import CLinux
import Testing

@testable import RelayNet

@Suite struct `Static files` {
    let fixture = StaticFilesFixture()

    @Test(arguments: [
        ("/", "text/html; charset=utf-8", "no-cache", "<p>start page</p>"),
        ("/index.html", "text/html; charset=utf-8", "no-cache", "<p>start page</p>"),
        ("/room/x", "text/html; charset=utf-8", "no-cache", "<p>start page</p>"),
        ("/room/x/?y=z.js", "text/html; charset=utf-8", "no-cache", "<p>start page</p>"),
        ("/room/100%25", "text/html; charset=utf-8", "no-cache", "<p>start page</p>"),
        ("/docs/", "text/html; charset=utf-8", "no-cache", "<p>documents</p>"),
        ("/docs/plain.css", "text/css; charset=utf-8", "no-cache", "p{}"),
        ("/inside.css", "text/css; charset=utf-8", "no-cache", "p{}"),
        ("/with%20space.txt", "text/plain; charset=utf-8", "no-cache", "space"),
        ("/.well-known/security.txt", "text/plain; charset=utf-8", "no-cache", "Contact: us"),
        ("/nothing.txt", "text/plain; charset=utf-8", "no-cache", ""),
        ("/no-read.bin", "application/octet-stream", "no-cache", "blob"),
        (
            "/assets/app-1a2b.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable",
            "0123456789"
        ),
    ])
    func `are sent with their type and how long they keep`(
        path: String, type: String, caching: String, content: String
    ) throws {
        let wire = try fixture.wire()
        wire.send(get(path))
        #expect(wire.statuses == [200])
        #expect(wire.field("content-type") == type)
        #expect(wire.field("cache-control") == caching)
        #expect(wire.field("x-content-type-options") == "nosniff")
        #expect(wire.content == content)
    }

    @Test(arguments: [
        "/missing.js", "/assets/missing.js", "/assets/missing", "/room/x.png", "/.env", "/.git/config", "/docs/.hidden",
        "/escape.txt", "/etc/passwd", "/etc/hostname.txt", "/up/secret.txt", "/up/web/index.html", "/loop.txt",
        "/pipe.txt",
        "/index.html/", "/a//b", "/docs/plain.css/more.css", "/\(String(repeating: "n", count: 300)).js",
    ])
    func `that are missing, hidden or elsewhere are not found`(path: String) throws {
        let wire = try fixture.wire { $0.servesStartPageForDeepLinks = false }
        wire.send(get(path))
        #expect(wire.statuses == [404])
    }

    @Test(arguments: [
        "/missing.js", "/assets/missing", "/room/x.png", "/.env", "/escape.txt", "/index.html/", "/leak", "/up",
        "/loop",
    ])
    func `that are missing are not replaced by the start page`(path: String) throws {
        let wire = try fixture.wire()
        wire.send(get(path))
        #expect(wire.statuses == [404])
    }

    @Test func `yield to routes, and below a prefix take theirs away`() throws {
        let wire = try fixture.wire(at: "/chat/")
        wire.send(get("/chat/docs/plain.css") + get("/chat/room/1") + get("/chat") + get("/docs/plain.css"))
        #expect(wire.statuses == [200, 200, 301, 404])
        #expect(wire.field("location") == "/chat/")
        let root = try fixture.wire()
        root.send(get("/api/x") + "POST /docs/plain.css HTTP/1.1\r\nHost: r\r\n\r\n")
        #expect(root.statuses == [200, 405])
        #expect(root.field("allow") == "GET, HEAD, OPTIONS")
    }

    @Test func `of a directory are found behind its slash`() throws {
        let wire = try fixture.wire()
        wire.send(get("/docs?a=b"))
        #expect(wire.statuses == [301])
        #expect(wire.field("location") == "/docs/?a=b")
    }

    @Test func `are not sent again to whom has them`() throws {
        let wire = try fixture.wire()
        wire.send(get("/docs/plain.css"))
        let tag = try #require(wire.field("etag"))
        for condition in [tag, "W/" + tag, "\"other\", " + tag, "*"] {
            wire.send(get("/docs/plain.css", "If-None-Match: \(condition)"))
            #expect(wire.text.hasSuffix("\r\n\r\n") && wire.statuses.last == 304)
        }
        wire.send(get("/docs/plain.css", "If-None-Match: \"other\""))
        #expect(wire.statuses.last == 200)
        fixture.write("web/docs/plain.css", "q{}")
        wire.send(get("/docs/plain.css", "If-None-Match: \(tag)"))
        #expect(wire.statuses.last == 200)
        #expect(wire.content == "q{}")
    }

    @Test(
        arguments: [
            (nil, 200, nil, "0123456789"), ("bytes=0-3", 206, "bytes 0-3/10", "0123"),
            ("bytes=4-", 206, "bytes 4-9/10", "456789"), ("bytes=-3", 206, "bytes 7-9/10", "789"),
            ("bytes=-99", 206, "bytes 0-9/10", "0123456789"), ("bytes=9-9", 206, "bytes 9-9/10", "9"),
            ("Bytes=0-999", 206, "bytes 0-9/10", "0123456789"),
            ("bytes=0-99999999999999999999", 206, "bytes 0-9/10", "0123456789"),
            ("bytes= 2-3 ", 206, "bytes 2-3/10", "23"),
            ("bytes=10-", 416, "bytes */10", ""), ("bytes=10-20", 416, "bytes */10", ""),
            ("bytes=-0", 416, "bytes */10", ""),
            ("bytes=99999999999999999999-", 416, "bytes */10", ""),
            ("bytes=3-2", 200, nil, "0123456789"), ("bytes=0-1,3-4", 200, nil, "0123456789"),
            ("lines=0-1", 200, nil, "0123456789"), ("bytes=", 200, nil, "0123456789"),
            ("bytes=-", 200, nil, "0123456789"),
            ("bytes=a-b", 200, nil, "0123456789"), ("bytes=+1-2", 200, nil, "0123456789"),
            ("bytes=1-2x", 200, nil, "0123456789"), ("bytes", 200, nil, "0123456789"),
        ] as [(String?, Int, String?, String)])
    func `answer ranges`(range: String?, status: Int, contentRange: String?, content: String) throws {
        let wire = try fixture.wire()
        wire.send(range.map { get("/assets/app-1a2b.js", "Range: \($0)") } ?? get("/assets/app-1a2b.js"))
        #expect(wire.statuses == [status])
        #expect(wire.field("content-range") == contentRange)
        #expect(wire.field("content-length") == "\(content.count)")
        #expect(wire.content == content)
    }

    @Test func `answer a range of an empty file with 416, and of another version in full`() throws {
        let wire = try fixture.wire()
        wire.send(get("/nothing.txt", "Range: bytes=0-"))
        wire.send(get("/assets/app-1a2b.js", "Range: bytes=0-1", "If-Range: \"other\""))
        #expect(wire.statuses == [416, 200])
        let tag = try #require(wire.field("etag"))
        wire.send(get("/assets/app-1a2b.js", "Range: bytes=0-1", "If-Range: \(tag)"))
        wire.send("HEAD /assets/app-1a2b.js HTTP/1.1\r\nHost: r\r\nRange: bytes=0-1\r\n\r\n")
        #expect(wire.statuses == [416, 200, 206, 200])
        #expect(wire.field("content-length") == "10")
    }

    @Test(
        arguments: [
            ("br", "br", "brotli"), ("gzip", "gzip", "gzipped"), ("gzip, br", "br", "brotli"),
            ("gzip, deflate, br, zstd", "br", "brotli"), ("br;q=0.5, gzip", "gzip", "gzipped"),
            ("br;q=0, *", "gzip", "gzipped"),
            ("*", "br", "brotli"), ("BR;Q=1.0", "br", "brotli"), ("br;q=0.001", "br", "brotli"),
            ("deflate", nil, "0123456789"),
            ("br;q=0,gzip;q=0.000", nil, "0123456789"), ("br;q=2", nil, "0123456789"), ("br;q=1.5", nil, "0123456789"),
            ("identity", nil, "0123456789"), ("", nil, "0123456789"), (";;,,", nil, "0123456789"),
        ] as [(String, String?, String)])
    func `are sent compressed to whom takes that`(accepted: String, coding: String?, content: String) throws {
        let wire = try fixture.wire()
        wire.send(get("/assets/app-1a2b.js", "Accept-Encoding: \(accepted)"))
        #expect(wire.field("content-encoding") == coding)
        #expect(wire.field("vary") == "Accept-Encoding")
        #expect(wire.field("content-type") == "text/javascript; charset=utf-8")
        #expect(wire.content == content)
    }

    @Test func `of different codings have different tags`() throws {
        let wire = try fixture.wire()
        var tags: Set<String> = []
        for coding in ["br", "gzip", "identity"] {
            wire.send(get("/assets/app-1a2b.js", "Accept-Encoding: \(coding)"))
            tags.insert(wire.field("etag") ?? "")
        }
        #expect(tags.count == 3)
    }

    @Test func `answer HEAD with everything but the content`() throws {
        let wire = try fixture.wire()
        wire.send("HEAD /assets/app-1a2b.js HTTP/1.1\r\nHost: r\r\n\r\n")
        #expect(wire.field("content-length") == "10")
        #expect(wire.text.hasSuffix("\r\n\r\n"))
    }

    @Test func `are streamed, and cut off when they shrink under way`() throws {
        let large = String(repeating: "0123456789abcdef", count: 64 * 1024)
        fixture.write("web/large.txt", large)
        let wire = try fixture.wire()
        wire.send(get("/large.txt"))
        #expect(wire.octets.count < 140_000)
        wire.drain()
        #expect(wire.content == large)
        wire.send(get("/large.txt"))
        fixture.truncate("web/large.txt")
        wire.drain()
        #expect(wire.connection.end == .abort)
    }

    @Test func `need a directory that exists`() {
        #expect(throws: SystemError.self) { try StaticFiles(root: fixture.base + "/missing") }
        #expect(throws: SystemError.self) { try StaticFiles(root: fixture.root + "/index.html") }
    }
}

@Suite struct `A path that tries to climb` {
    let fixture = StaticFilesFixture()

    private static let attempts: [String] = {
        let dots = [
            "..", "%2e%2e", "%2E%2e", ".%2e", "%2e.", "%252e%252e", "%25252e%25252e", "%c0%ae%c0%ae", "%c0%2e%c0%2e",
            "%e0%80%ae%e0%80%ae", "%f0%80%80%ae%f0%80%80%ae", "%u002e%u002e", "..%00", "%00..", "..;", "...", "..%09",
            "..%0d%0a", "..%20", "%2e%2e%7f",
        ]
        let slashes = [
            "/", "%2f", "%2F", "%252f", "%c0%af", "%e0%80%af", "%5c", "%5C", "%255c", "\\", "//", "/./", "%u2215",
            "%00/",
            "/%2e/", "%2f/",
        ]
        var paths: [String] = []
        for dot in dots {
            for slash in slashes {
                for (depth, target) in [(1, "secret.txt"), (3, "etc/passwd"), (8, "etc/passwd")] {
                    let climb = Array(repeating: dot + slash, count: depth).joined()
                    paths.append("/" + climb + target)
                    paths.append("/assets/" + climb + target)
                }
            }
        }
        return paths + [
            "//etc/passwd", "///etc/passwd", "/%2fetc/passwd", "/%2Fetc%2Fpasswd", "/./etc/passwd", "/%5cetc%5cpasswd",
            "/etc/passwd%00.html", "/index.html%00", "/%00", "/%", "/%2", "/%zz", "/%2g", "/..", "/.", "/%2e",
            "/%2e%2e",
            "/assets/..", "/assets/.", "/assets/../index.html", "/assets/%2e%2e/index.html", "/assets/..%2findex.html",
            "/~root/.ssh/id_rsa", "/.ssh/id_rsa", "/proc/self/environ.txt", "/web/../../secret.txt", "/up/secret.txt",
            "/up/up/etc/passwd.txt", "/etc/passwd", "/escape.txt", "/C:%5cwindows%5cwin.ini", "/file:%2f%2f/etc/passwd",
            "/%ff%fe", "/%c0", "/\\..\\..\\etc\\passwd", "/..\\secret.txt", "/assets/..%5c..%5csecret.txt",
        ]
    }()

    @Test func `is tried in hundreds of spellings`() { #expect(Set(Self.attempts).count >= 500) }

    @Test(arguments: [true, false])
    func `finds nothing`(servesStartPage: Bool) throws {
        for path in Self.attempts {
            let wire = try fixture.wire { $0.servesStartPageForDeepLinks = servesStartPage }
            wire.send(get(path))
            #expect(wire.statuses == [404] || wire.statuses == [400], "\(path)")
            #expect(!wire.text.contains("SECRET") && !wire.text.contains("root:"), "\(path)")
        }
    }

    @Test(arguments: ["/%EF%BC%8E%EF%BC%8E/secret", "/%E2%80%A5/secret", "/room/%E2%88%95etc"])
    func `by characters that only look like dots gets the start page`(path: String) throws {
        let wire = try fixture.wire()
        wire.send(get(path))
        #expect(wire.content == "<p>start page</p>")
    }

    @Test(arguments: [
        ("index.html", true), ("docs/plain.css", true), ("inside.css", false), ("escape.txt", false),
        ("up/secret.txt", false),
        ("etc/passwd", false), ("../secret.txt", false), ("docs/../index.html", false), ("/etc/passwd", false),
        ("", false),
        ("docs//plain.css", false), ("docs/", false), ("missing", false),
    ])
    func `fails without openat2 as well, and links do with it`(path: String, opens: Bool) throws {
        let root = unsafe clinux_open_root(fixture.root)
        #expect(root >= 0)
        let descriptor = unsafe clinux_open_stepwise(root, path)
        #expect((descriptor >= 0) == opens)
        if descriptor >= 0 { clinux_close_file(descriptor) }
        clinux_close_file(root)
    }
}
