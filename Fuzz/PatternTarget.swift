// sources: Sources/RelayJSON Sources/RelayProtocol Tests/RelayTestKit/NaiveMatcher.swift

import RelayProtocol

/// Three texts, a line each: two patterns and an address. The matcher, containment and scopes agree with the rules.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPattern(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
    guard lines.count == 3 else { return 0 }
    let text = Array(lines[0])
    let otherText = Array(lines[1])
    let address = Array(lines[2])
    _ = Address.isValid(address.rawSpan)
    guard let pattern = Pattern(text.rawSpan) else { return 0 }
    let matches = pattern.matches(address.rawSpan)
    let other = Pattern(otherText.rawSpan)
    let covers = other.map { pattern.covers($0) } ?? false
    let scope = String(validating: text, as: UTF8.self).flatMap { Scope("read:" + $0) }
    let reads = scope?.allowsReading(address.rawSpan)
    let subscribes = scope.flatMap { scope in other.map { scope.allowsSubscribing(to: $0) } }

    // The naive one takes exponential time: it is asked only about what is short.
    let stars = text.count { $0 == Address.wildcard }
    guard stars <= 6, text.count <= 24, otherText.count <= 24, address.count <= 24 else { return 0 }
    let isAddress = address.first == Address.separator
    let starts = isAddress && NaiveMatcher.matches(text, address)
    guard matches == starts else { fatalError("the matchers disagree") }
    let below = pattern.isOpen ? text + Array("/*".utf8) : text
    if let reads {
        guard reads == (isAddress && NaiveMatcher.matches(below, address)) else { fatalError("a scope disagrees") }
    }
    guard let other else { return 0 }
    guard covers == NaiveMatcher.covers(text, otherText) else { fatalError("containment disagrees") }
    if let subscribes {
        let expected = covers && (other.isOpen || NaiveMatcher.covers(below, otherText))
        guard subscribes == expected else { fatalError("a scope disagrees about a subscription") }
    }
    return 0
}
