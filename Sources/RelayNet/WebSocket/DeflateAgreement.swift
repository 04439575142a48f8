/// How this server wants permessage-deflate (RFC 7692).
package struct DeflateOptions: Sendable {
    /// Both sides forget what they compressed after each message: memory per connection stays small.
    package var takesOverContext = false
    package var serverWindowBits = 15
    package var clientWindowBits = 15
    package var level: Int32 = 5
    /// Smaller messages go out as they are.
    package var minMessageBytes = 64
    /// How much larger than its compressed form a message may be.
    package var maxRatio = 10
    /// A message of this size is accepted whatever its ratio.
    package var alwaysAllowedBytes = 256 * 1024

    package init() {}
}

/// What was agreed on for one connection (RFC 7692 §7.1).
struct DeflateAgreement: Equatable {
    var serverTakesOver = true
    var clientTakesOver = true
    var serverWindowBits = 15
    var clientWindowBits = 15
    /// The element of `Sec-WebSocket-Extensions` that says so.
    private(set) var header = "permessage-deflate"
    let level: Int32
    let minMessageBytes: Int
    let maxRatio: Int
    let alwaysAllowedBytes: Int

    /// The first offer that can be met, in the client's order of preference; nil when there is none.
    init?(offers: [String], options: DeflateOptions) {
        for offer in offers {
            if let agreement = DeflateAgreement(offer: offer, options: options) {
                self = agreement
                return
            }
        }
        return nil
    }

    private init?(offer: String, options: DeflateOptions) {
        level = options.level
        minMessageBytes = options.minMessageBytes
        maxRatio = options.maxRatio
        alwaysAllowedBytes = options.alwaysAllowedBytes
        var parts = offer.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
        guard parts.removeFirst().lowercased() == "permessage-deflate" else { return nil }
        serverTakesOver = options.takesOverContext
        clientTakesOver = options.takesOverContext
        serverWindowBits = options.serverWindowBits
        clientWindowBits = 15
        var seen: Set<String> = []
        var mayLimitClient = false
        var limitsServer = options.serverWindowBits < 15
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.trimmed(pair.first ?? "").lowercased()
            let value = pair.count == 2 ? Self.unquoted(Self.trimmed(pair[1])) : nil
            // §7.1: a parameter that is repeated, unknown or has an invalid value makes the offer one to decline.
            guard seen.insert(name).inserted else { return nil }
            switch name {
            case "server_no_context_takeover":
                guard pair.count == 1 else { return nil }
                serverTakesOver = false
            case "client_no_context_takeover":
                guard pair.count == 1 else { return nil }
                clientTakesOver = false
            case "server_max_window_bits":
                guard let bits = value.flatMap(Self.windowBits) else { return nil }
                serverWindowBits = min(serverWindowBits, bits)
                limitsServer = true
            case "client_max_window_bits":
                mayLimitClient = true
                clientWindowBits = options.clientWindowBits
                if pair.count == 2 {
                    guard let bits = value.flatMap(Self.windowBits) else { return nil }
                    clientWindowBits = min(clientWindowBits, bits)
                }
            default: return nil
            }
        }
        if !serverTakesOver { header += "; server_no_context_takeover" }
        if !clientTakesOver { header += "; client_no_context_takeover" }
        if limitsServer { header += "; server_max_window_bits=\(serverWindowBits)" }
        // §7.1.2.2: only a client that offered the parameter understands it in the answer.
        if mayLimitClient, clientWindowBits < 15 { header += "; client_max_window_bits=\(clientWindowBits)" }
    }

    /// 8 to 15, without leading zeros (§7.1.2).
    private static func windowBits(_ text: Substring) -> Int? {
        guard let bits = Int(text), bits >= 8, bits <= 15, String(bits) == text else { return nil }
        return bits
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    private static func unquoted(_ text: Substring) -> Substring {
        text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? text.dropFirst().dropLast() : text
    }
}
