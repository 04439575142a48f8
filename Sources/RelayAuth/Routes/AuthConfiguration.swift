/// How the second port behaves.
package struct AuthConfiguration: Sendable {
    package enum Registration: String, Sendable, CaseIterable {
        case open
        /// With an invite that the operator made.
        case invite
        case closed
    }

    package var registration = Registration.open
    package var admitsGuests = true
    /// From issue, and from each `/auth/refresh`; nil: for ever.
    package var tokenLifetime: Duration? = .seconds(86_400)
    /// How long a token may be extended before its owner has to sign in again.
    package var longestTokenLifetime = Duration.seconds(30 * 86_400)
    package var loginRule = AttemptLimiter.Rule.login
    /// Register and guest together.
    package var registrationRule = AttemptLimiter.Rule.registration
    /// How many may wait for their password to be hashed; more are sent away with 503. With 64, and two workers of 25
    /// hashes a second each, the last one waits for a little over a second.
    package var hashQueue = 64
    package var crossOrigin = CrossOrigin.any
    /// What a token of that user may do.
    package var scopes: @Sendable (String) -> [String] = { _ in AuthConfiguration.plainScopes }
    /// Nil: tokens travel in `Authorization` only.
    package var cookie: SessionCookie?
    /// Shown in `/openapi.json`.
    package var version = "0.0.0"

    /// What scopes are without an application's config.
    package static let plainScopes = ["read:/**", "write:/**"]

    package init() {}
}
