import Glibc
import RelayStorage

/// How a backup is encrypted: by the ending of its name.
enum Encryption: String, CaseIterable {
    case none = ""
    case age = ".age"
    case gpg = ".gpg"

    init(for recipient: String?) {
        guard let recipient else {
            self = .none
            return
        }
        // age's own keys, keys of SSH, and files of such keys; anything else is a name that gpg knows.
        let isAge =
            recipient.hasPrefix("age1") || recipient.hasPrefix("ssh-") || recipient.contains("/")
        self = isAge ? .age : .gpg
    }

    /// The words of the program that encrypts standard input to standard output.
    func encrypting(for recipient: String) -> [String] {
        switch self {
        case .none: []
        case .age: ["age", "--encrypt", recipient.contains("/") ? "--recipients-file" : "--recipient", recipient]
        case .gpg:
            [
                // Only keys that are there: a name that is not must not be looked for in the network.
                "gpg", "--batch", "--no-tty", "--quiet", "--no-auto-key-locate", "--trust-model", "always",
                "--compress-algo", "none", "--recipient", recipient, "--encrypt",
            ]
        }
    }

    /// The same for decryption; gpg looks for the key where it keeps them.
    func decrypting(with identity: String?) -> [String] {
        switch self {
        case .none: []
        case .age: ["age", "--decrypt"] + (identity.map { ["--identity", $0] } ?? [])
        case .gpg: ["gpg", "--quiet", "--decrypt"]
        }
    }
}

/// A program as a filter, between a file of ours and a pipe to us.
final class Filter {
    private let name: String
    private let child: pid_t
    private var pipe: Int32

    private static let missing: Int32 = 127

    /// `readsFile`: the file is its input and the pipe brings its output; else the other way round.
    init(_ words: [String], file: Int32, readsFile: Bool) throws(BackupError) {
        name = words.first ?? ""
        var ends: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&ends) == 0 else { throw .cipher("no pipe can be had for \(name)") }
        // Our end left open in the child would keep the pipe from ever ending.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipe = readsFile ? ends[0] : ends[1]
        let theirs = readsFile ? ends[1] : ends[0]
        defer { close(theirs) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, readsFile ? file : theirs, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, readsFile ? theirs : file, STDOUT_FILENO)
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(&child, name, &actions, nil, arguments, environ)
        self.child = child
        guard code == 0 else {
            close(pipe)
            throw .cipher("\(name) cannot be started; is it installed?")
        }
    }

    func write(_ bytes: [UInt8]) throws(BackupError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(pipe, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .cipher("\(name) does not take the data") }
            rest = rest.dropFirst(count)
        }
    }

    /// Empty at the end.
    func read() throws(BackupError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = unsafe Glibc.read(pipe, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .cipher("\(name) cannot be read from") }
            return Array(bytes[..<count])
        }
    }

    /// Lets it come to its end. Throws when it says that it failed.
    func finish() throws(BackupError) {
        let status = end()
        guard status == 0 else {
            throw .cipher(
                status >> 8 == Self.missing ? "\(name) cannot be started; is it installed?" : "\(name) has failed")
        }
    }

    /// When the work has failed already: nobody is left behind.
    func abandon() { _ = end() }

    private func end() -> Int32 {
        if pipe >= 0 { close(pipe) }
        pipe = -1
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
