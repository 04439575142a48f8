/// Serves the files of a directory: the pages of a single-page application, or anything else that lies still.
///
/// Names that begin with a dot are nobody's business, `.well-known` excepted. What was checked is what is sent: a file
/// is opened first, beneath the root, and everything said about it comes from the open file.
package struct StaticFiles: Sendable {
    package struct Options: Sendable {
        /// Answers a deep link, a path that names no file and has no extension, with the start page.
        package var servesStartPageForDeepLinks = true
        /// Paths below this one, relative to the mount, carry a hash in their name and never change. Empty: none do.
        package var immutablePrefix = "assets"
        package var startPage = "index.html"
        /// Fields every file carries.
        package var fields: [(name: String, value: String)] = [("X-Content-Type-Options", "nosniff")]

        package init() {}
    }

    private let root: FileRoot
    private let options: Options
    private let immutable: [String]

    package init(root path: String, options: Options = Options()) throws(SystemError) {
        root = try FileRoot(path)
        self.options = options
        immutable = options.immutablePrefix.split(separator: "/").map(String.init)
    }

    /// The answer to a GET or HEAD; `path` is relative to where the directory is mounted.
    func respond(to head: RequestHead, path: RequestPath) -> HTTPResponse {
        guard path.segments.allSatisfy({ !$0.hasPrefix(".") || $0 == ".well-known" }) else {
            return HTTPResponse(.notFound)
        }
        let isImmutable = !immutable.isEmpty && path.segments.starts(with: immutable)
        if path.isDirectory {
            if case .file(let file) = root.open(path.segments + [options.startPage]) {
                return send(file, path.segments + [options.startPage], isImmutable: false, to: head)
            }
        } else {
            switch root.open(path.segments) {
            case .file(let file): return send(file, path.segments, isImmutable: isImmutable, to: head)
            case .directory:
                if case .file = root.open(path.segments + [options.startPage]) { return redirectToDirectory(head) }
            case .nothing: break
            case .refused: return HTTPResponse(.notFound)
            }
        }
        // Under the immutable prefix nothing is a page, and a missing asset must not be answered with one.
        guard options.servesStartPageForDeepLinks, !isImmutable, Self.isDeepLink(path),
            case .file(let page) = root.open([options.startPage])
        else { return HTTPResponse(.notFound) }
        return send(page, [options.startPage], isImmutable: false, to: head)
    }

    private static func isDeepLink(_ path: RequestPath) -> Bool {
        guard let name = path.segments.last else { return true }
        return ContentType.fileExtension(of: name) == nil
    }

    /// Relative links of the page need the slash. The path holds no empty segment, so this cannot name another host.
    private func redirectToDirectory(_ head: RequestHead) -> HTTPResponse {
        let query = head.query.map { "?" + $0 } ?? ""
        return HTTPResponse(.movedPermanently).with("Location", head.path + "/" + query)
            .with("Cache-Control", "no-cache")
    }

    private func send(_ file: OpenFile, _ segments: [String], isImmutable: Bool, to head: RequestHead) -> HTTPResponse {
        let choice = choose(file, segments, head)
        var response = HTTPResponse(.ok)
        for (name, value) in options.fields { response.set(name, value) }
        response.set("Content-Type", ContentType.of(segments.last ?? ""))
        response.set("Cache-Control", isImmutable ? "public, max-age=31536000, immutable" : "no-cache")
        if choice.varies { response.vary(on: "Accept-Encoding") }
        if let coding = choice.coding { response.set("Content-Encoding", coding) }
        let tag = "\"" + choice.file.tag + (choice.coding.map { "-" + $0 } ?? "") + "\""
        response.set("ETag", tag)
        if Self.matches(tag, head.elements(of: "if-none-match")) {
            response.status = .notModified
            return response
        }
        response.set("Accept-Ranges", "bytes")
        let size = choice.file.size
        // A range of something else than the client has a part of would be of no use (RFC 9110 §13.1.5).
        let isCurrent = head.value("if-range").map { $0 == tag } ?? true
        // Range is defined for GET alone (§14.2).
        let wanted = isCurrent && head.method == .get ? head.octets(of: "range") : nil
        switch ByteRange(wanted, size: size) {
        case .whole:
            response.content = .stream(FileContent(file: choice.file, range: 0..<size), length: size)
        case .part(let range):
            response.status = .partialContent
            response.set("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
            response.content = .stream(FileContent(file: choice.file, range: range), length: range.count)
        case .unsatisfiable:
            response = HTTPResponse(.rangeNotSatisfiable).with("Content-Range", "bytes */\(size)")
        }
        return response
    }

    private struct Choice {
        var file: OpenFile
        var coding: String?
        var varies: Bool
    }

    /// The file itself or a compressed one that lies beside it, by what the client prefers; brotli wins a tie.
    private func choose(_ file: OpenFile, _ segments: [String], _ head: RequestHead) -> Choice {
        var choice = Choice(file: file, coding: nil, varies: false)
        let accepted = AcceptEncoding(head.elements(of: "accept-encoding"))
        var best = 0
        for (coding, suffix) in [("br", ".br"), ("gzip", ".gz")] {
            guard case .file(let packed) = root.open(segments, suffix: suffix) else { continue }
            choice.varies = true
            let weight = accepted.weight(coding)
            if weight > best {
                best = weight
                choice.file = packed
                choice.coding = coding
            }
        }
        return choice
    }

    /// `If-None-Match` compares weakly (RFC 9110 §13.1.2).
    private static func matches(_ tag: String, _ candidates: [String]) -> Bool {
        candidates.contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
    }
}
