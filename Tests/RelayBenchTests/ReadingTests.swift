import RelayJSON
import RelayProtocol
import Testing

@testable import relay_bench

/// A session of the generator that is fed bytes, without a socket behind it.
@Suite struct `The generator reads` {
    private let run: UInt32 = 77

    private func client() throws -> Client {
        let greeting = try Greeting(Endpoint(host: "127.0.0.1", port: 1), subscribing: "/a/*")
        var client = Client(Socket(descriptor: -1), greeting, at: 0)
        client.stage = .ready
        client.checks = [SequenceCheck()]
        return client
    }

    /// A value as a relay passes it on: not masked.
    private func value(_ number: UInt64, due: UInt64 = 0, address: String = "/a/b", signal: Signal = .param) throws
        -> [UInt8]
    {
        var frame = try StampedFrame(signal, to: address, run: run, sender: 0, size: 32, .fire)
        return unmasked(frame.bytes(number: number, due: due))
    }

    private func unmasked(_ frame: [UInt8]) -> [UInt8] {
        let head = frame[1] & 0x7F == 126 ? 4 : 2
        let mask = Array(frame[head..<head + 4])
        let content = frame[(head + 4)...].enumerated().map { $1 ^ mask[$0 & 3] }
        return [frame[0], frame[1] & 0x7F] + frame[2..<head] + content
    }

    private func read(_ bytes: [UInt8], _ client: inout Client, at now: UInt64 = 0, from first: UInt64 = 0) -> Tally {
        var shared = Client.Surroundings(run: run)
        _ = shared.tally.keepLatencies(of: 0..<first)
        _ = shared.tally.keepLatencies(of: first..<UInt64.max)
        #expect(client.read(bytes.rawSpan, at: now, &shared) == bytes.count)
        return shared.tally
    }

    @Test func `what is missing, late or there twice among values that look alike`() throws {
        var client = try client()
        let tally = read(try [0, 1, 3, 2, 2, 6].flatMap { try value($0) }, &client)
        #expect(tally.deliveries == 6 && tally.strays == 0)
        #expect(client.checks[0].next == 7 && client.checks[0].received == 5)
        #expect(client.checks[0].duplicates == 1 && client.checks[0].reordered == 1)
    }

    @Test func `values of several shapes`() throws {
        var client = try client()
        var bytes: [UInt8] = []
        for (number, address) in ["/a/b", "/a/c", "/a/longer", "/a/b", "/a/" + String(repeating: "d", count: 200)]
            .enumerated()
        {
            bytes += try value(UInt64(2 * number), address: address)
            bytes += try value(UInt64(2 * number + 1), address: address, signal: .event)
        }
        let tally = read(bytes, &client)
        #expect(tally.deliveries == 10 && tally.strays == 0)
        #expect(client.checks[0].next == 10 && client.checks[0].received == 10)
    }

    @Test func `how long they took since they were due, if that is to be measured`() throws {
        var client = try client()
        let bytes = try value(0, due: 50) + value(1, due: 100) + value(2, due: 100) + value(3, due: 180)
        let tally = read(bytes, &client, at: 200, from: 60)
        #expect(tally.deliveries == 4)
        #expect(tally.latencies(0).count == 1 && tally.latencies(0).least == 150)
        #expect(tally.latencies(1).count == 3)
        #expect(tally.latencies(1).least == 20 && tally.latencies(1).greatest == 100)
    }

    @Test func `what came in pieces`() throws {
        var client = try client()
        var shared = Client.Surroundings(run: run)
        let bytes = try (0..<20).flatMap { try value($0) }
        var rest: [UInt8] = []
        for byte in bytes {
            rest.append(byte)
            rest.removeFirst(client.read(rest.rawSpan, at: 0, &shared))
        }
        #expect(rest.isEmpty && shared.tally.deliveries == 20)
        #expect(client.checks[0].next == 20)
    }

    @Test func `values of another run as strays, and counts them nowhere else`() throws {
        var client = try client()
        var shared = Client.Surroundings(run: run + 1)
        let bytes = try value(0) + value(1)
        #expect(client.read(bytes.rawSpan, at: 0, &shared) == bytes.count)
        #expect(shared.tally.strays == 2 && shared.tally.deliveries == 0)
        #expect(client.checks[0].next == 0)
    }

    @Test func `which params a snapshot holds`() throws {
        var client = try client()
        client.params = ParamSet(3)
        let params: [JSONValue] = ["/p/000", "/p/2", "/p/0", "/p/x", "/p/9"].map {
            ["address": .string($0), "value": ["t": "null"], "revision": "1"]
        }
        let frame = try FrameTemplate(["type": "SNAPSHOT", "params": .array(params)], .fire).bytes
        _ = read(unmasked(frame), &client)
        #expect(client.params?.count == 2)
        #expect(client.params?.isComplete == false)
    }

    @Test func `why the relay closed`() throws {
        var client = try client()
        _ = read([0x88, 0x06, 0x03, 0xF5, 0x73, 0x6C, 0x6F, 0x77], &client)
        #expect(!client.isOpen && client.closeCode == 1_013 && client.closeReason == "slow")
    }

    @Test func `nothing that is masked or cut up`() throws {
        for bytes: [UInt8] in [
            [0x82, 0x81, 1, 2, 3, 4, 5], [0x02, 0x01, 0x00], [0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0, 1],
        ] {
            var client = try client()
            _ = read(bytes, &client)
            #expect(!client.isOpen)
        }
    }
}

@Suite struct `The generator writes` {
    @Test func `the same frame with another number and time`() throws {
        for size in [24, 32, 33, 300] {
            var frame = try StampedFrame(.param, to: "/a/bcd", run: 5, sender: 6, size: size, .confirm)
            for (number, due) in [(UInt64(0), UInt64(1)), (.max, 0x0102_0304_0506_0708)] {
                let bytes = frame.bytes(number: number, due: due)
                let head = bytes[1] & 0x7F == 126 ? 4 : 2
                let mask = Array(bytes[head..<head + 4])
                let content = bytes[(head + 4)...].enumerated().map { $1 ^ mask[$0 & 3] }
                let header = try ClaspFrame(reading: content.rawSpan)
                #expect(header.qualityOfService == .confirm)
                let payload = content.rawSpan.bytes(header.payload).array
                guard case .set(let set) = try MessageDecoder.decode(payload.rawSpan) else {
                    Issue.record("not a SET")
                    return
                }
                #expect(payload.rawSpan.bytes(set.address).text == "/a/bcd")
                #expect(Int(set.value.data.count) == 2 + size)
                let stamp = Stamp(at: Int(set.value.data.start) + 2, of: payload.rawSpan)
                #expect(stamp.run == 5 && stamp.sender == 6 && stamp.number == number && stamp.due == due)
            }
        }
    }
}
