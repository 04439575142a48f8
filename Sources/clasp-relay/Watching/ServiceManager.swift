import CLinux

/// Talks to the service manager that started the relay, as sd_notify(3) says. Without one every call does nothing.
struct ServiceManager: Sendable {
    private let socket: String?
    private let send: @Sendable (_ socket: String, _ text: String) -> Void
    /// How often `watchdog` must be called: twice as often as the manager asks for. Nil when it does not.
    let watchdogInterval: Duration?

    init(
        environment: [String: String], process: Int32 = clinux_process_id(),
        send: @escaping @Sendable (_ socket: String, _ text: String) -> Void = ServiceManager.sendDatagram
    ) {
        // Only absolute and abstract addresses are defined.
        socket = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        self.send = send
        let isForUs = environment["WATCHDOG_PID"].map { Int32($0) == process } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogInterval = isForUs && microseconds > 0 && socket != nil ? .microseconds(microseconds / 2) : nil
    }

    /// The ports are open and the state is there.
    func ready(_ status: String) { tell("READY=1\nSTATUS=\(Self.oneLine(status))") }

    /// A reload has begun; `ready` ends it.
    func reloading() { tell("RELOADING=1\nMONOTONIC_USEC=\(clinux_monotonic() / 1_000)") }

    /// No further connection is taken.
    func stopping() { tell("STOPPING=1\nSTATUS=closing connections") }

    /// The loop is alive. To be called from the loop itself, or it says nothing.
    func watchdog() { tell("WATCHDOG=1") }

    private func tell(_ text: String) {
        if let socket { send(socket, text + "\n") }
    }

    private static func oneLine(_ text: String) -> String { text.replacing("\n", with: " ") }

    /// Nobody who listens is no reason to fail.
    @Sendable private static func sendDatagram(_ socket: String, _ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe clinux_notify(socket, $0.baseAddress, $0.count) }
    }
}
