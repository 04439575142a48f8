import Glibc

/// The program. The first argument names a sub-command.
@main enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "frame": exit(FrameCommand.run(Array(arguments.dropFirst())))
        case "policy": exit(PolicyCommand.run(Array(arguments.dropFirst())))
        case "at": exit(AtCommand.run(Array(arguments.dropFirst())))
        case "backup": exit(BackupCommand.run(Array(arguments.dropFirst())))
        case "restore": exit(RestoreCommand.run(Array(arguments.dropFirst())))
        default: break
        }
    }
}
