import CLinux
import Glibc
import RelayNet
import RelayTestKit
import Testing

@testable import clasp_relay

@Suite struct `The doctor` {
    private let scratch = Scratch()

    /// A relay that is as it should be in production.
    private func good() throws -> Settings {
        var settings = try settings([
            "--env=production", "--cors-origin=https://chat.example", "--data-dir=\(scratch.path)", "--port=0",
            "--auth-port=0", "--registration=invite-only", "--guests=closed", "--max-sessions=16",
            "--max-http-connections=16",
        ])
        settings.state.appConfig = PackageFiles.root + "/deploy/relay/config/chat.json"
        settings.auth.adminToken = Secret(text: "v9Kq2mX7fT4wZ8pL1nB6cR3yH5jD0sGa")
        return settings
    }

    private func production(_ settings: Settings, unit: String? = nil, backups: String? = nil) -> [DoctorFinding] {
        ProductionChecks(
            settings: settings, environment: [:],
            unit: unit ?? scratch.write("good.service", "[Service]\nRestart=always\nTimeoutStopSec=90\n"),
            backups: backups ?? scratch.path, url: nil
        ).findings
    }

    private func bad(_ findings: [DoctorFinding]) -> [String] { findings.filter { $0.grade == .bad }.map(\.item) }

    @Test func `finds nothing where nothing is wrong`() throws {
        let settings = try good()
        let findings = SettingsChecks(settings: settings).findings + production(settings)
        #expect(findings.filter { $0.grade != .good } == [])
        #expect(findings.count > 12)
    }

    @Test func `finds each planted fault by its name`() throws {
        let faults: [(item: String, plant: (inout Settings) -> Void)] = [
            ("mode", { $0.server.environment = .development }),
            ("open-mode", { $0.auth.isOpen = true }),
            ("exposure", { $0.server.host = "0.0.0.0" }),
            ("durability", { $0.storage.durability = .none }),
            ("app-config", { $0.state.appConfig = nil }), ("origins", { $0.web.origins = [] }),
            ("origins", { $0.web.origins = ["http://chat.example"] }),
        ]
        for (item, plant) in faults {
            var settings = try good()
            plant(&settings)
            #expect(bad(production(settings)) == [item])
        }
        let settings = try good()
        let idle = scratch.write("idle.service", "[Service]\nRestart=no\n")
        #expect(bad(production(settings, unit: idle)) == ["restart-policy"])
        let hasty = scratch.write("hasty.service", "[Service]\nRestart=always\nTimeoutStopSec=10\n")
        #expect(bad(production(settings, unit: hasty)) == ["stop-timeout"])
        #expect(bad(production(settings, backups: "/nonexistent")) == ["backups"])
        let old = Scratch()
        let backup = old.write("backup.tar", "x")
        try age(backup, hours: 27)
        #expect(bad(production(settings, backups: old.path)) == ["backups"])
        try age(backup, hours: 25)
        #expect(bad(production(settings, backups: old.path)) == [])
    }

    @Test func `worries about guests where not everybody may make an account`() throws {
        var settings = try good()
        settings.auth.guests = .open
        #expect(production(settings).filter { $0.grade != .good }.map(\.item) == ["guests"])
        settings.auth.registration = .open
        #expect(production(settings).filter { $0.grade != .good }.map(\.item) == ["registration"])
    }

    @Test func `finds what keeps a relay from starting here`() throws {
        let listener = try Listener(.tcp(address: "127.0.0.1", port: 0))
        defer { listener.giveUp() }
        let faults: [(item: String, plant: (inout Settings) -> Void)] = [
            ("websocket-port", { $0.server.port = listener.port }),
            ("http-port", { $0.server.authPort = listener.port }),
            ("data-directory", { $0.storage.directory = "/proc/none/data" }),
            ("disk", { $0.storage.readOnlyAt = 1e-9 }),
            ("descriptors", { $0.limits.sessions = 1 << 40 }),
            ("unreadable-file", { $0.state.appConfig = "/nonexistent/chat.json" }),
            ("invalid-app-config", { $0.state.appConfig = self.scratch.write("bad.json", "{\"scopes\":1}") }),
            (
                "invalid-certificate",
                { $0.tls = Settings.TLS(certificate: self.scratch.write("c.pem", ""), key: "/nonexistent/k") }
            ),
        ]
        for (item, plant) in faults {
            var settings = try good()
            plant(&settings)
            #expect(bad(SettingsChecks(settings: settings).findings) == [item])
        }
    }

    @Test func `names a tool that is missing`() {
        #expect(bad(HostChecks(path: scratch.path).findings) == ["openssl", "git"])
        #expect(bad(HostChecks(path: "/usr/bin:/bin").findings) == [])
    }

    private func age(_ path: String, hours: Int) throws {
        var times = [timeval(), timeval()]
        for index in times.indices { times[index].tv_sec = time(nil) - hours * 3_600 }
        #expect(unsafe utimes(path, times) == 0)
    }
}

@Suite struct `What the world refuses` {
    @Test func `is told with the process that has the port`() throws {
        let listener = try Listener(.tcp(address: "127.0.0.1", port: 0))
        defer { listener.giveUp() }
        #expect(PortHolder.find(port: listener.port)?.process == getpid())
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: listener.port)
        do {
            _ = try Listener(endpoint.listener)
            Issue.record("two listen on one port")
        } catch {
            let fault = Fault.listening(on: endpoint, option: "port", error)
            #expect(fault.trouble == .portInUse)
            #expect(fault.status == 69)
            #expect(fault.text.contains("process \(getpid()) ("))
        }
    }
}

@Suite struct `The service manager` {
    /// Keeps what is told.
    private final class Ear: @unchecked Sendable {
        // Only the test's thread uses it.
        var heard: [String] = []
    }

    @Test func `hears of every phase`() {
        let ear = Ear()
        let manager = ServiceManager(
            environment: ["NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"], process: 7
        ) { socket, text in ear.heard.append("\(socket) \(text)") }
        manager.ready("serving\non 7330")
        manager.stopping()
        manager.watchdog()
        manager.reloading()
        #expect(ear.heard[0] == "/run/notify READY=1\nSTATUS=serving on 7330\n")
        #expect(ear.heard[1].hasPrefix("/run/notify STOPPING=1\n"))
        #expect(ear.heard[2] == "/run/notify WATCHDOG=1\n")
        #expect(ear.heard[3].hasPrefix("/run/notify RELOADING=1\nMONOTONIC_USEC="))
        #expect(manager.watchdogInterval == .milliseconds(1_500))
    }

    @Test func `is left alone when there is none, or it watches somebody else`() {
        let ear = Ear()
        for environment in [[:], ["NOTIFY_SOCKET": "relative"], ["NOTIFY_SOCKET": ""]] as [[String: String]] {
            let manager = ServiceManager(environment: environment) { _, text in ear.heard.append(text) }
            manager.ready("")
            #expect(manager.watchdogInterval == nil)
        }
        #expect(ear.heard == [])
        let other = ServiceManager(
            environment: ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"], process: 7
        ) { _, _ in }
        #expect(other.watchdogInterval == nil)
    }

    @Test func `gets real datagrams`() throws {
        let scratch = Scratch()
        let path = scratch.path + "/notify"
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(descriptor)
            unsafe unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in unsafe room.copyBytes(from: Array(path.utf8)) }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        ServiceManager(environment: ["NOTIFY_SOCKET": path]).ready("up")
        var room = [UInt8](repeating: 0, count: 256)
        let count = unsafe recv(descriptor, &room, room.count, Int32(MSG_DONTWAIT))
        #expect(String(decoding: room.prefix(max(0, count)), as: UTF8.self) == "READY=1\nSTATUS=up\n")
    }
}

@Suite struct `This process` {
    @Test func `is known in figures`() {
        let status = ProcessFigures.now
        #expect(status.residentBytes > 1 << 20)
        #expect(status.openDescriptors > 2)
        #expect(status.maxDescriptors >= status.openDescriptors)
        #expect(status.cpuSeconds > 0)
    }
}
