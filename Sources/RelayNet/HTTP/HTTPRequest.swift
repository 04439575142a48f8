/// A whole request as a handler sees it. A value: it may travel to another actor or thread.
package struct HTTPRequest: Sendable {
    package let head: RequestHead
    package let client: ClientAddress
    package let path: RequestPath
    /// What the `{name}` segments of the route's path stood for, decoded.
    package internal(set) var captures: [String: String] = [:]
    package internal(set) var content: [UInt8] = []
    /// The content exceeded the route's bound and was not read; only for routes that asked to be told.
    package internal(set) var isTooLarge = false

    package var method: HTTPMethod { head.method }
}

/// How much content a route takes, and what becomes of more.
package struct BodyRule: Sendable {
    /// Nil stands for the server's `HTTPLimits.maxBodyBytes`.
    package var maxBytes: Int?
    /// Without a length the request is answered with 411.
    package var isRequired = false
    /// The handler is called with `isTooLarge` instead of a plain 413, and can answer in its own words.
    package var tellsHandler = false

    package static let standard = BodyRule()
    package static func upTo(_ maxBytes: Int, required: Bool = false, tellsHandler: Bool = false) -> BodyRule {
        BodyRule(maxBytes: maxBytes, isRequired: required, tellsHandler: tellsHandler)
    }
}
