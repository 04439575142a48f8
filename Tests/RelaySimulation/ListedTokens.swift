package import Relay
import RelayProtocol

/// A doorkeeper with a list: token, user and scopes.
package struct ListedTokens: Doorkeeper {
    package struct Grant: Sendable {
        package let user: String?
        package let scopes: [String]

        package init(user: String?, scopes: [String]) {
            self.user = user
            self.scopes = scopes
        }
    }

    package var grants: [String: Grant]

    package init(_ grants: [String: Grant]) { self.grants = grants }

    package func verdict(on token: RawSpan, at now: Moment) -> HelloVerdict {
        let name = String(decoding: token.array, as: UTF8.self)
        if name.isEmpty { return .refused(code: 300, text: "Token needed") }
        guard let grant = grants[name] else { return .refused(code: 300, text: "Token not known") }
        return .admitted(
            Admission(
                subject: grant.user.flatMap { Subject($0) },
                scopes: SessionScopes(grant.scopes.compactMap { Scope($0) })))
    }
}
