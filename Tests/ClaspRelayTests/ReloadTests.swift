import Glibc
import Relay
import RelayLog
import RelayTestKit
import Testing

@testable import clasp_relay

@Suite struct `Two SIGHUPs` {
    /// Who takes settings over, and can be made to take long.
    private actor Taker {
        private(set) var taken: [Int] = []
        private var arrived: [CheckedContinuation<Void, Never>] = []
        private var held: CheckedContinuation<Void, Never>?

        /// The first one takes until it is let go.
        func take(_ limit: Int) async {
            let isFirst = taken.isEmpty && held == nil
            if isFirst {
                await withCheckedContinuation { own in
                    held = own
                    for waiting in arrived { waiting.resume() }
                    arrived = []
                }
            }
            taken.append(limit)
            for waiting in arrived { waiting.resume() }
            arrived = []
        }

        func untilHeld() async { while held == nil { await withCheckedContinuation { arrived.append($0) } } }

        func letGo() { held?.resume() }

        func untilTaken(_ count: Int) async {
            while taken.count < count { await withCheckedContinuation { arrived.append($0) } }
        }
    }

    private func threads(named name: String) throws -> Int {
        guard let directory = unsafe opendir("/proc/self/task") else { return -1 }
        defer { unsafe closedir(directory) }
        var count = 0
        while let entry = unsafe readdir(directory) {
            let id = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            // A thread may end while we look.
            if let comm = try? PackageFiles.text(at: "/proc/self/task/\(id)/comm"), comm == name + "\n" { count += 1 }
        }
        return count
    }

    @Test func `are taken one after the other, by one thread`() async throws {
        let scratch = Scratch()
        let config = scratch.write("config.toml", "")
        func write(_ limit: Int) { _ = scratch.write("config.toml", "[limits]\nmax_params = \(limit)\n") }
        let invocation = Invocation(arguments: ["--config", config], environment: [:])
        let writer = LogWriter(LogLine(.text), filter: LogFilter(.error), clock: { 0 }, output: { _ in })
        let reloading = Reloading(try SettingsLoader.load(invocation).get(), .none, invocation, nil, writer)
        let taker = Taker()
        reloading.apply { settings, _, _ in await taker.take(settings.hubLimits.maxParams) }
        let surroundings = Startup.surroundings(ServiceManager(environment: [:]), reloading, nil)

        write(1)
        surroundings.reload()
        await taker.untilHeld()
        // What comes meanwhile is one more, with what is written last.
        write(2)
        surroundings.reload()
        write(3)
        surroundings.reload()
        #expect(try threads(named: "relay-reload") == 1)
        await taker.letGo()
        await taker.untilTaken(2)
        #expect(await taker.taken == [1, 3])
        writer.stop(within: .seconds(3))
    }
}
