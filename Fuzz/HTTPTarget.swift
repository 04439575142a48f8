// sources: Sources/RelayNet/HTTP/Octets.swift Sources/RelayNet/HTTP/HTTPStatus.swift Sources/RelayNet/HTTP/HTTPLimits.swift Sources/RelayNet/HTTP/RequestHead.swift Sources/RelayNet/HTTP/RequestLine.swift Sources/RelayNet/HTTP/FieldDigest.swift Sources/RelayNet/HTTP/RequestParser.swift Sources/RelayNet/HTTP/Body.swift Sources/RelayNet/HTTP/RequestPath.swift Sources/RelayNet/HTTP/ByteRange.swift Sources/RelayNet/HTTP/AcceptEncoding.swift Sources/RelayNet/HTTP/IPAddress.swift Sources/RelayNet/HTTP/AddressRange.swift Sources/RelayNet/HTTP/ClientAddress.swift

/// Feeds the bytes as a stream of pipelined requests, whole and in two pieces, and asks everything of what comes out.
/// A difference between the two is a finding, as is any trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTP(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 0, size <= 65_536 else { return 0 }
    let octets = unsafe [UInt8](UnsafeBufferPointer(start: data, count: size))
    let cut = Int(octets[0]) % size
    let whole = read(octets, cutAt: nil)
    let pieces = read(octets, cutAt: cut)
    precondition(whole == pieces, "the verdict depends on where the bytes were cut")
    return 0
}

/// What a stream of requests turned out to be: one line for each head, content and failure.
private func read(_ octets: [UInt8], cutAt cut: Int?) -> [String] {
    var limits = HTTPLimits()
    limits.maxRequestLineBytes = 200
    limits.maxHeaderBytes = 400
    limits.maxHeaderFields = 8
    limits.maxBodyBytes = 100
    var found: [String] = []
    var parser = RequestParser(limits: limits)
    var body: BodyDecoder?
    var position = 0
    for end in [cut, octets.count].compactMap({ $0 }) {
        reading: while position <= end {
            let rest = octets.octetSpan.extracting(position..<end)
            if var decoder = body {
                let (consumed, outcome) = decoder.decode(rest)
                position += consumed
                body = decoder
                switch outcome {
                case .needMore: break reading
                case .failure(let status): return found + ["body \(status.code)"]
                case .complete:
                    precondition(decoder.content.count <= limits.maxBodyBytes, "a body beyond its bound")
                    found.append("body \(decoder.content)")
                    body = nil
                }
            } else {
                switch parser.parse(rest) {
                case .needMore: break reading
                case .failure(let status): return found + ["head \(status.code)"]
                case .head(let head, let consumed):
                    precondition(consumed > 0 && consumed <= rest.byteCount, "a head outside of its bytes")
                    position += consumed
                    found.append(describe(head))
                    body = BodyDecoder(head.framing, maxBytes: limits.maxBodyBytes, limits: limits)
                }
            }
        }
    }
    return found
}

private func describe(_ head: RequestHead) -> String {
    let path = RequestPath(octets: head.pathOctets)
    for segment in path?.segments ?? [] {
        precondition(
            segment != "." && segment != ".." && !segment.isEmpty && !segment.utf8.contains(0)
                && !segment.utf8.contains(UInt8(ascii: "/")), "a path that climbs")
    }
    for (_, value) in head.allFields {
        precondition(value.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }, "a control character in a field")
    }
    if case .part(let range) = ByteRange(head.octets(of: "range"), size: 1_000) {
        let isInside = range.lowerBound >= 0 && range.upperBound <= 1_000 && !range.isEmpty
        precondition(isInside, "a range outside of its file")
    }
    let weight = AcceptEncoding(head.elements(of: "accept-encoding")).weight("br")
    precondition((0...1_000).contains(weight), "a weight out of bounds")
    let client = TrustedProxies().client(of: head, peer: .loopback4, isEncrypted: false)
    if let address = client.address {
        precondition(IPAddress(address.description) == address, "an address that reads back as another")
    }
    _ = head.value("host").flatMap { AddressRange($0) }
    return "\(head.method) \(head.path) \(head.query ?? "-") \(head.framing) \(head.keepsAlive) \(client)"
}
