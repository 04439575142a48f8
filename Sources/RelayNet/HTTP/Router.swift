/// Finds who answers a request.
///
/// A route is a method and a path of plain names and `{captures}`; the first that was added wins. Below them lie mounted
/// directories of files. A path that exists, but not with this method, answers 405 with `Allow`; GET answers HEAD too,
/// and OPTIONS is answered for every path.
package struct Router: Sendable {
    package typealias Answer = @Sendable (HTTPRequest) -> HTTPResponse
    package typealias LateAnswer = @Sendable (HTTPRequest) async -> HTTPResponse
    package typealias Finish = @Sendable (RequestHead, inout HTTPResponse) -> Void

    enum Handler: Sendable {
        /// Answers on the server's thread, at once: it must not block.
        case now(Answer)
        /// Answers from wherever it likes, later. Nothing else of its connection is read in the meantime.
        case later(LateAnswer)
    }

    struct Route: Sendable {
        var method: HTTPMethod
        var path: RequestPath
        var body: BodyRule
        var handler: Handler
    }

    enum Match {
        case route(Route, captures: [String: String], path: RequestPath)
        case files(StaticFiles, path: RequestPath)
        /// The answer needs no handler.
        case answer(HTTPResponse)
    }

    private var routes: [Route] = []
    private var mounts: [(prefix: [String], files: StaticFiles)] = []
    private var finishers: [Finish] = []

    package init() {}

    package mutating func on(
        _ method: HTTPMethod, _ path: String, body: BodyRule = .standard, _ answer: @escaping Answer
    ) {
        add(method, path, body, .now(answer))
    }

    package mutating func on(
        _ method: HTTPMethod, _ path: String, body: BodyRule = .standard, later answer: @escaping LateAnswer
    ) {
        add(method, path, body, .later(answer))
    }

    /// Serves files for every path below `prefix` that no route has.
    package mutating func mount(_ files: StaticFiles, at prefix: String = "/") {
        guard let path = RequestPath(prefix) else { preconditionFailure("a mount needs a plain path: \(prefix)") }
        mounts.append((path.segments, files))
        // The longest prefix is the most specific one.
        mounts.sort { $0.prefix.count > $1.prefix.count }
    }

    /// Changes every response before it goes out, the server's own refusals included: for fields that all must have.
    package mutating func finish(_ change: @escaping Finish) { finishers.append(change) }

    private mutating func add(_ method: HTTPMethod, _ text: String, _ body: BodyRule, _ handler: Handler) {
        guard let path = RequestPath(text) else { preconditionFailure("a route needs a plain path: \(text)") }
        routes.append(Route(method: method, path: path, body: body, handler: handler))
    }

    func finished(_ response: HTTPResponse, to head: RequestHead) -> HTTPResponse {
        var response = response
        for finish in finishers { finish(head, &response) }
        return response
    }

    func match(_ head: RequestHead) -> Match {
        guard head.method != .unknown else { return .answer(HTTPResponse(.notImplemented)) }
        if head.pathOctets.elementsEqual([UInt8(ascii: "*")]) {
            return .answer(HTTPResponse(.noContent).with("Allow", "GET, HEAD, POST, OPTIONS"))
        }
        guard let path = RequestPath(octets: head.pathOctets) else { return .answer(HTTPResponse(.notFound)) }
        var allowed: [HTTPMethod] = []
        for route in routes {
            guard let captures = Self.captures(of: path, in: route.path) else { continue }
            if route.method == head.method || (route.method == .get && head.method == .head) {
                return .route(route, captures: captures, path: path)
            }
            allowed.append(route.method)
        }
        if allowed.isEmpty, let mount = mounts.first(where: { path.segments.starts(with: $0.prefix) }) {
            if head.method == .get || head.method == .head {
                let rest = Array(path.segments.dropFirst(mount.prefix.count))
                return .files(mount.files, path: RequestPath(segments: rest, isDirectory: path.isDirectory))
            }
            allowed = [.get]
        }
        guard !allowed.isEmpty else { return .answer(HTTPResponse(.notFound)) }
        let status: HTTPStatus = head.method == .options ? .noContent : .methodNotAllowed
        return .answer(HTTPResponse(status).with("Allow", Self.list(allowed)))
    }

    private static func captures(of path: RequestPath, in pattern: RequestPath) -> [String: String]? {
        guard path.segments.count == pattern.segments.count, path.isDirectory == pattern.isDirectory else { return nil }
        var captures: [String: String] = [:]
        for (segment, expected) in zip(path.segments, pattern.segments) {
            if expected.hasPrefix("{"), expected.hasSuffix("}") {
                captures[String(expected.dropFirst().dropLast())] = segment
            } else if segment != expected {
                return nil
            }
        }
        return captures
    }

    private static func list(_ methods: [HTTPMethod]) -> String {
        var names: [String] = []
        for method in methods + (methods.contains(.get) ? [.head] : []) + [.options]
        where !names.contains(method.rawValue) {
            names.append(method.rawValue)
        }
        return names.joined(separator: ", ")
    }
}
