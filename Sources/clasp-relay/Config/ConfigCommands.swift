import Glibc
import Relay

/// `check-config` and `print-config`.
enum ConfigCommands {
    @Sendable static func check(_ invocation: Invocation) -> Int32 {
        var status = EXIT_SUCCESS
        guard let (loaded, _) = Command.settings(of: invocation, "check-config", orEndWith: &status) else {
            return status
        }
        let faults = FileFindings.faults(of: loaded.settings)
        guard faults.isEmpty else { return TextOutput.complain(faults) }
        _ = TextOutput.write(loaded.notes.map { "note: " + $0 }, to: STDERR_FILENO)
        return TextOutput.say(["the settings are good"])
    }

    @Sendable static func print(_ invocation: Invocation) -> Int32 {
        var status = EXIT_SUCCESS
        guard let (loaded, _) = Command.settings(of: invocation, "print-config", orEndWith: &status) else {
            return status
        }
        _ = TextOutput.write(loaded.notes.map { "note: " + $0 }, to: STDERR_FILENO)
        return TextOutput.say(ConfigText.lines(of: loaded))
    }
}
