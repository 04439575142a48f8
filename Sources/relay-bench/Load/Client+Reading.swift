import RelayProtocol

/// What a session does with bytes from the relay.
extension Client {
    /// What all sessions of a crowd share while they read.
    struct Surroundings {
        let run: UInt32
        var layout: StampLayout?
        var tally = Tally()
    }

    /// Reads every whole frame. How many bytes that were.
    mutating func read(_ bytes: RawSpan, at now: UInt64, _ shared: inout Surroundings) -> Int {
        var position = 0
        if stage == .upgrading {
            guard let end = readUpgrade(bytes, at: now) else { return 0 }
            position = end
        }
        while isOpen {
            if let layout = shared.layout { readAlike(layout, from: &position, of: bytes, at: now, &shared) }
            do throws(ServerFrame.Failure) {
                guard let frame = try ServerFrame(at: position, of: bytes) else { return position }
                read(frame, from: position, of: bytes, at: now, &shared)
                position = frame.content.upperBound
            } catch {
                fail("the relay sent a frame that no relay sends")
            }
        }
        return bytes.byteCount
    }

    /// Reads values that look the same on the wire, as long as there are any. In a flood nearly everything happens here.
    private mutating func readAlike(
        _ layout: StampLayout, from position: inout Int, of bytes: RawSpan, at now: UInt64,
        _ shared: inout Surroundings
    ) {
        // What was sent together was due together.
        var due: UInt64 = 0
        var count: UInt64 = 0
        while layout.fits(at: position, of: bytes) {
            let stamp = Stamp(at: position &+ layout.stampOffset, of: bytes)
            position &+= layout.frameBytes
            guard take(stamp, at: now, &shared) else { continue }
            if stamp.due != due {
                shared.tally.take(count, due: due, at: now)
                (due, count) = (stamp.due, 0)
            }
            count &+= 1
        }
        shared.tally.take(count, due: due, at: now)
    }

    /// Whether it counts in the tally.
    @inline(__always)
    private mutating func take(_ stamp: Stamp, at now: UInt64, _ shared: inout Surroundings) -> Bool {
        let sender = Int(stamp.sender)
        guard stamp.run == shared.run, checks.isEmpty || sender < checks.count else {
            shared.tally.strays += 1
            return false
        }
        if !checks.isEmpty { checks[sender].take(stamp.number) }
        note(stamp, at: now)
        return isObserved
    }

    private mutating func note(_ stamp: Stamp, at now: UInt64) {
        if let awaits, stamp.due >= awaits, caughtUp == nil { caughtUp = now }
        guard !newest.isEmpty else { return }
        let place = Int(stamp.number % UInt64(newest.count))
        newest[place] = max(newest[place], stamp.number)
    }

    // MARK: Everything but values

    private mutating func readUpgrade(_ bytes: RawSpan, at now: UInt64) -> Int? {
        let end = (0..<max(0, bytes.byteCount - 3)).first { bytes.integer(at: $0, as: UInt32.self) == 0x0D0A_0D0A }
        guard let end else { return nil }
        let head = bytes.extracting(0..<end).text
        guard head.hasPrefix("HTTP/1.1 101 "), head.contains(Greeting.acceptance) else {
            fail("no WebSocket is opened here: \(head.prefix { $0 != "\r\n" && $0 != "\r" })")
            return end + 4
        }
        (stage, greeted) = (.greeting, now)
        pending += greeting.hello
        return end + 4
    }

    private mutating func read(
        _ frame: ServerFrame, from start: Int, of bytes: RawSpan, at now: UInt64, _ shared: inout Surroundings
    ) {
        let content = bytes.extracting(frame.content)
        switch frame.opcode {
        case 0x2:
            do throws(WireError) {
                let header = try ClaspFrame(reading: content)
                let payload = content.bytes(header.payload)
                let message = try MessageDecoder.decode(payload)
                let place = frame.content.lowerBound - start + Int(header.payload.start)
                if let offset = try read(message, in: payload, at: now, &shared) {
                    shared.layout = StampLayout(
                        frame: start, frameBytes: frame.content.upperBound - start, stampOffset: place + offset,
                        of: bytes)
                }
            } catch {
                shared.tally.strays += 1
            }
        case 0x8:
            if content.byteCount >= 2 {
                closeCode = content.integer(at: 0)
                closeReason = content.extracting(2..<content.byteCount).text
            }
            if stage != .leaving {
                pending += ClientFrame.bytes(.close, [])
                _ = flush()
            }
            end()
        case 0x9: pending += ClientFrame.bytes(.pong, content.array)
        case 0xA: break
        default: fail("the relay sent a frame that no relay sends")
        }
    }

    /// Where the stamp stands in the payload, when this was a value with one.
    private mutating func read(
        _ message: Message, in payload: RawSpan, at now: UInt64, _ shared: inout Surroundings
    ) throws(WireError) -> Int? {
        switch message {
        case .welcome:
            stage = .subscribing
            pending += greeting.subscribe
        case .pong:
            pongs += 1
            if stage == .subscribing { (stage, readySince) = (.ready, now) }
        case .set(let set): return readStamp(set.value, in: payload, at: now, &shared)
        case .publish(let publish):
            guard case .value(let value) = publish.content else { return nil }
            return readStamp(value, in: payload, at: now, &shared)
        case .snapshot(let list): try readSnapshot(list, in: payload, at: now, shared.run)
        case .error(let error):
            errors += 1
            if firstError.isEmpty { firstError = "\(error.code) \(payload.bytes(error.text).text)" }
        default: break
        }
        return nil
    }

    private mutating func readStamp(
        _ value: ValueReference, in payload: RawSpan, at now: UInt64, _ shared: inout Surroundings
    ) -> Int? {
        guard let offset = Self.stampOffset(value) else {
            shared.tally.strays += 1
            return nil
        }
        let stamp = Stamp(at: offset, of: payload)
        if take(stamp, at: now, &shared) { shared.tally.take(1, due: stamp.due, at: now) }
        return offset
    }

    /// A SNAPSHOT is no delivery. It tells what is there, and a peer that was slow what is newest.
    private mutating func readSnapshot(
        _ list: ItemList, in payload: RawSpan, at now: UInt64, _ run: UInt32
    ) throws(WireError) {
        guard params != nil || !newest.isEmpty else { return }
        var reader = ByteReader(payload, at: Int(list.bytes.start))
        for _ in 0..<list.count {
            let param = try reader.snapshotParam()
            if params != nil { params?.insert(Self.number(at: payload.bytes(param.address))) }
            if !newest.isEmpty, let offset = Self.stampOffset(param.value) {
                let stamp = Stamp(at: offset, of: payload)
                if stamp.run == run { note(stamp, at: now) }
            }
        }
    }

    private static func stampOffset(_ value: ValueReference) -> Int? {
        // A value of bytes is its length and the bytes.
        value.type == .bytes && Int(value.data.count) >= 2 + Stamp.bytes ? Int(value.data.start) + 2 : nil
    }

    /// The digits that an address ends in; -1 without any.
    private static func number(at address: RawSpan) -> Int {
        var number = 0
        var unit = 1
        for offset in stride(from: address.byteCount - 1, through: 0, by: -1) {
            let byte = address.byte(at: offset)
            guard byte >= 0x30, byte <= 0x39, unit < 1_000_000_000 else { break }
            number += Int(byte - 0x30) * unit
            unit *= 10
        }
        return unit == 1 ? -1 : number
    }

    private mutating func fail(_ sentence: String) {
        closeReason = sentence
        end()
    }
}
