// sources: Sources/RelayNet/WebSocket/SpanLoading.swift Sources/RelayNet/WebSocket/CloseCode.swift Sources/RelayNet/WebSocket/UTF8Stream.swift Sources/RelayNet/WebSocket/FrameHeader.swift Sources/RelayNet/WebSocket/MessageAssembler.swift Sources/RelayNet/WebSocket/FrameParser.swift Sources/RelayNet/WebSocket/MessageScan.swift Sources/RelayNet/Connections/ByteQueue.swift Sources/RelayNet/Connections/MessageBatch.swift

/// Reads the bytes as what a client sends after its handshake, whole and in pieces. A difference between the two is a
/// finding, as is any trap, a text that is not UTF-8 and a message above the limit.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWebSocket(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 1, size <= 65_536 else { return 0 }
    let octets = unsafe [UInt8](UnsafeBufferPointer(start: data, count: size))
    let rules = FrameRules(maxMessageBytes: 300, allowsCompression: octets[0] & 1 == 1)
    let step = Int(octets[0] >> 1) + 1
    let stream = Array(octets.dropFirst())
    let whole = events(of: stream, inPiecesOf: stream.count, rules)
    precondition(whole == events(of: stream, inPiecesOf: step, rules), "what is read depends on where it was cut")
    return 0
}

private func events(of stream: [UInt8], inPiecesOf step: Int, _ rules: FrameRules) -> [String] {
    var found: [String] = []
    var parser = FrameParser()
    var unread: [UInt8] = []
    let room = UnsafeMutablePointer<MessageRange>.allocate(capacity: 4)
    defer { unsafe room.deallocate() }
    for start in stride(from: 0, to: stream.count, by: step) {
        unread += stream[start..<min(start + step, stream.count)]
        var cursor = 0
        let count = unread.count
        var isStarved = false
        while cursor < count, !isStarved {
            var elements = unread.mutableSpan
            var bytes = elements.mutableBytes
            if parser.isAtRest {
                var badText = false
                let made = unsafe bytes.scanMessages(
                    from: &cursor, upTo: rules.maxMessageBytes, into: room, room: 4, badText: &badText)
                for index in 0..<made {
                    let range = unsafe room[index]
                    found.append(message(range.kind, bytes.bytes.part(Int(range.offset), Int(range.length)), rules))
                }
                if badText { return found + ["1007"] }
                if made > 0 { continue }
            }
            switch parser.next(in: &bytes, at: &cursor, under: rules) {
            case .starved: isStarved = true
            case .message(let kind, let offset, let length):
                found.append(message(kind, bytes.bytes.part(offset, length), rules))
            case .assembled:
                let isCompressed = parser.assembler.isCompressed
                found.append(
                    (isCompressed ? "compressed " : "")
                        + message(isCompressed ? .binary : parser.assembler.kind, parser.assembler.bytes.bytes, rules))
                _ = parser.takeMessage()
            case .ping(let offset, let length): found.append("ping \(hex(bytes.bytes.part(offset, length)))")
            case .pong: found.append("pong")
            case .close(let offset, let length):
                switch CloseFrame.code(of: bytes.bytes.part(offset, length)) {
                case .success(let code): return found + ["close \(code?.rawValue ?? 0)"]
                case .failure(let violation): return found + ["close \(violation.code.rawValue)"]
                }
            case .violation(let violation): return found + ["\(violation.code.rawValue)"]
            }
        }
        unread.removeFirst(cursor)
        precondition(unread.count <= 139, "more is left over than a control frame")
    }
    return found
}

private func message(_ kind: MessageKind, _ bytes: RawSpan, _ rules: FrameRules) -> String {
    precondition(bytes.byteCount <= rules.maxMessageBytes, "a message above the limit")
    let octets = (0..<bytes.byteCount).map { bytes.load(UInt8.self, at: $0) }
    precondition(
        kind == .binary || String(validating: octets, as: UTF8.self) != nil, "a text that is not UTF-8 was let through")
    return "\(kind) \(hex(bytes))"
}

private func hex(_ bytes: RawSpan) -> String {
    (0..<bytes.byteCount).map { String(bytes.load(UInt8.self, at: $0), radix: 16) }.joined(separator: " ")
}
