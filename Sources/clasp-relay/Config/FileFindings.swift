import Relay
import RelayNet

/// Looks into the files that settings name, as the start will.
enum FileFindings {
    static func faults(of settings: Settings) -> [Fault] {
        appConfigFaults(settings.state.appConfig) + certificateFaults(settings.tls)
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
