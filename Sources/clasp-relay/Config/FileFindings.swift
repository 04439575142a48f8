import Relay
import RelayNet

/// Looks into the files that settings name, as the start will.
enum FileFindings {
    static func faults(of settings: Settings) -> [Fault] {
        appConfigFaults(settings.state.appConfig) + certificateFaults(settings.tls)
            + signingKeyFaults(settings)
    }

    private static func appConfigFaults(_ path: String?) -> [Fault] {
        guard let path else { return [] }
        let bytes: [UInt8]
        do throws(TextFile.Unreadable) {
            bytes = try TextFile.read(path).bytes
        } catch {
            return [Fault(.unreadableFile, "\(path): \(error)")]
        }
        do throws(InvalidAppConfig) {
            _ = try AppConfig(parsing: bytes)
            return []
        } catch {
            return error.faults.map { Fault(.invalidAppConfig, "\(path): \($0.text)") }
        }
    }

    private static func signingKeyFaults(_ settings: Settings) -> [Fault] {
        do throws(Fault) {
            let loose = try settings.auth.loadSigningKeys().looseSecrets
            guard settings.server.environment == .production else { return [] }
            return loose.map { Fault(.looseFileMode, "\($0): everybody on this machine may read it; chmod 640 it") }
        } catch {
            return [error]
        }
    }

    private static func certificateFaults(_ tls: Settings.TLS) -> [Fault] {
        guard let certificate = tls.certificate, let key = tls.key else { return [] }
        do throws(TLSError) {
            _ = try TLSContext(certificate: certificate, key: key)
            return []
        } catch {
            return [Fault(.invalidCertificate, error.description)]
        }
    }
}
