import CLinux
import Glibc
import RelayNet
import RelayStorage

/// Whether a relay with these settings would start here, and live.
struct SettingsChecks {
    let settings: Settings

    var findings: [DoctorFinding] {
        [dataDirectory, disk, quarantine, webSocketPort, httpPort, descriptors, clock].compactMap { $0 } + files
    }

    private var directory: String { settings.storage.directory }

    private var dataDirectory: DoctorFinding {
        let mode = unsafe clinux_file_mode(directory)
        if mode == -ENOENT {
            let parent = Self.parent(of: directory)
            guard unsafe access(parent, W_OK) == 0 else {
                return .bad("data-directory", "\(directory) does not exist, and \(parent) lets nobody make it")
            }
            return .good("data-directory", "\(directory) will be made")
        }
        guard mode >= 0, unsafe access(directory, R_OK | W_OK | X_OK) == 0 else {
            return .bad("data-directory", "\(directory) cannot be read and written by this user")
        }
        if mode & 0o007 != 0 { return .worry("data-directory", "\(directory) is open to everybody: chmod 700 it") }
        return .good("data-directory", directory)
    }

    private var disk: DoctorFinding? {
        let place = unsafe access(directory, F_OK) == 0 ? directory : Self.parent(of: directory)
        guard let space = try? LinuxFileSystem().space(at: place) else { return nil }
        let percent = Int(space.usedShare * 100)
        if space.usedShare >= settings.storage.readOnlyAt {
            return .bad("disk", "\(percent) % full: the relay would refuse every SET")
        }
        if space.usedShare >= settings.storage.degradedAt { return .worry("disk", "\(percent) % full") }
        return .good("disk", "\(percent) % full, \(space.available >> 20) MiB left")
    }

    private var quarantine: DoctorFinding? {
        let names = (try? LinuxFileSystem().names(in: directory + "/quarantine")) ?? []
        guard !names.isEmpty else { return nil }
        return .worry("quarantine", "\(names.count) files that could not be trusted lie in \(directory)/quarantine")
    }

    private var webSocketPort: DoctorFinding { port("websocket-port", settings.server.webSocketEndpoint) }
    private var httpPort: DoctorFinding? { settings.server.httpEndpoint.map { port("http-port", $0) } }

    private func port(_ item: String, _ endpoint: Endpoint) -> DoctorFinding {
        guard case .tcp(_, let number) = endpoint else { return .good(item, endpoint.text) }
        do throws(SystemError) {
            let listener = try Listener(endpoint.listener)
            listener.giveUp()
            return .good(item, "\(endpoint.text) is free")
        } catch {
            if error.code == EADDRINUSE, let holder = PortHolder.find(port: number), holder.name == "clasp-relay" {
                return .good(item, "\(endpoint.text) is served by a relay, \(holder)")
            }
            return .bad(item, Fault.listening(on: endpoint, option: item, error).text)
        }
    }

    private var descriptors: DoctorFinding {
        let wanted = (settings.limits.sessions ?? 1_000) + settings.limits.httpConnections + 64
        let allowed = raiseDescriptorLimit(to: Int64(wanted))
        guard allowed >= Int64(wanted) else {
            return .bad("descriptors", "\(allowed) may be open, the limits need \(wanted): raise LimitNOFILE")
        }
        return .good("descriptors", "\(wanted) may be open")
    }

    private var clock: DoctorFinding {
        // Tokens and revisions carry times; a machine that woke up in 1970 would give them all away.
        time(nil) > 1_700_000_000 ? .good("clock", "set") : .bad("clock", "is not set: its year has long been over")
    }

    private var files: [DoctorFinding] {
        let faults = FileFindings.faults(of: settings)
        var findings = faults.map { DoctorFinding.bad($0.trouble.rawValue, $0.text) }
        if let certificate = settings.tls.certificate, let key = settings.tls.key,
            let context = try? TLSContext(certificate: certificate, key: key)
        {
            let days = (context.notAfter - Int64(time(nil))) / 86_400
            if days < 0 {
                findings.append(.bad("certificate", "\(certificate) has expired"))
            } else if days < 14 {
                findings.append(.worry("certificate", "\(certificate) expires in \(days) days"))
            } else {
                findings.append(.good("certificate", "valid for \(days) days"))
            }
        }
        if let path = settings.state.appConfig, faults.isEmpty { findings.append(.good("app-config", path)) }
        return findings
    }

    static func parent(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        let joined = parts.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
    }
}
