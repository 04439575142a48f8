import Testing

/// A dialogue with the echo server: what a client sends after the handshake, and what must come back until the server
/// has closed TCP.
struct ConformanceCase: CustomTestStringConvertible, Sendable {
    let name: String
    let sends: [UInt8]
    let hears: [Heard]
    /// Bytes per write; the server must not care.
    var step = Int.max

    var testDescription: String { name }

    /// A client that behaves: it says goodbye itself, and the server answers.
    init(_ name: String, _ sends: [[UInt8]], echoes hears: [Heard], step: Int = .max) {
        self.name = name
        self.sends = sends.flatMap { $0 } + closing()
        self.hears = hears + [.close(1000)]
        self.step = step
    }

    /// A client that breaks a rule: the server must close without another byte from it.
    init(_ name: String, _ sends: [[UInt8]], after hears: [Heard] = [], closes code: Int?, step: Int = .max) {
        self.name = name
        self.sends = sends.flatMap { $0 }
        self.hears = hears + [.close(code)]
        self.step = step
    }
}

func letters(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) } }
func octets(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) } }
