import Glibc
import RelayNet

/// What the world refuses at the start, in words that help.
extension Fault {
    /// A port could not be opened; `option` is the flag that chose it.
    static func listening(on endpoint: Endpoint, option: String, _ error: SystemError) -> Fault {
        let place = "--\(option) \(endpoint.text)"
        switch error.code {
        case EADDRINUSE:
            var holder: PortHolder?
            if case .tcp(_, let port) = endpoint { holder = .find(port: port) }
            let who = holder.map { "\($0) listens there already" } ?? "something listens there already"
            return Fault(.portInUse, "\(place): \(who)")
        case EACCES, EPERM:
            return Fault(
                .portNotAllowed, "\(place): this user may not open it; ports below 1024 need CAP_NET_BIND_SERVICE")
        case EADDRNOTAVAIL:
            return Fault(.addressNotHere, "\(place): this machine does not have that address")
        default:
            return Fault(
                .portNotAllowed, "\(place): cannot be opened (\(error.call), error \(error.code))", status: EX_OSERR)
        }
    }
}
