import Glibc
import RelayTestKit

@testable import clasp_relay

/// A directory that is gone after the test.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/clasp-options-XXXXXX".utf8CString)
        let made: String? = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, let made = unsafe mkdtemp(start) else { return nil }
            return unsafe String(cString: made)
        }
        path = made ?? "/nonexistent"
    }

    deinit {
        for name in names { unsafe unlink(path + "/" + name) }
        unsafe rmdir(path)
    }

    private var names: [String] = []

    /// - Returns: the path of the new file.
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) -> String {
        let file = path + "/" + name
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, mode)
        precondition(descriptor >= 0, "the scratch directory takes files")
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
        precondition(count == bytes.count, "a small file is written in one go")
        fchmod(descriptor, mode)
        names.append(name)
        return file
    }
}

func load(
    _ arguments: [String] = [], _ environment: [String: String] = [:], appConfigs: [String] = []
) -> Result<LoadedSettings, Faults> {
    SettingsLoader.load(
        Invocation(arguments: arguments, environment: environment), appConfigDirectories: appConfigs)
}

func settings(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> Settings {
    try load(arguments, environment).get().settings
}

func faults(_ arguments: [String] = [], _ environment: [String: String] = [:]) -> [Fault] {
    guard case .failure(let faults) = load(arguments, environment) else { return [] }
    return faults.list
}

extension Option {
    /// Three texts that say something different from the default and each other.
    var samples: [String] {
        switch name {
        case "host": ["127.0.0.2", "::1", "127.0.0.3"]
        case "listen", "auth-listen": ["127.0.0.1:9999", "[::1]:9998", "unix:/tmp/relay.sock"]
        case "cors-origin": ["https://a.example", "https://b.example", "https://c.example"]
        case "trusted-proxies": ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"]
        case "persist": ["/a/state.json", "/b/state.json", "/c/state.json"]
        case "log": ["debug", "trace", "warn"]
        case "inflate-ratio", "max-missed-pings", "hash-workers": ["3", "4", "5"]
        case "burst": ["301", "302", "303"]
        case "flush-interval", "sync-interval": ["3ms", "4ms", "5ms"]
        case "disk-degraded": ["70%", "71%", "72%"]
        case "disk-read-only": ["90%", "91%", "92%"]
        case "drain-timeout": ["41s", "42s", "43s"]
        case "token-ttl", "session-timeout": ["61s", "62s", "63s"]
        case "max-queue": ["2MiB", "3MiB", "4MiB"]
        case "lagging-mark": ["300KiB", "301KiB", "302KiB"]
        default:
            switch form {
            case .toggle: show(Settings()) == "true" ? ["false"] : ["true"]
            case .number: ["101", "102", "103"]
            case .quantity: placeholder == "SIZE" ? ["2KiB", "3KiB", "4KiB"] : ["11s", "12s", "13s"]
            case .choice(let names): names.filter { $0 != show(Settings()) }
            default: ["one", "two", "three"]
            }
        }
    }
}
