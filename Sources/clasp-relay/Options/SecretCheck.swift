/// Whether a secret can be one.
enum SecretCheck {
    static let minBytes = 32

    static func faults(of text: String, in option: Option, _ source: SettingSource) -> [Fault] {
        let place = "\(source): \(option.key)"
        let plain = text.lowercased().filter { $0.isLetter }
        // What examples and guides put there to be replaced.
        if placeholders.contains(where: { plain.contains($0) }) {
            return [Fault(.placeholderSecret, "\(place) is still a placeholder: it must be made up, at random")]
        }
        if text.utf8.count < minBytes {
            return [Fault(.weakSecret, "\(place) has \(text.utf8.count) bytes; it needs at least \(minBytes)")]
        }
        if Set(text.utf8).count < 8 {
            return [Fault(.weakSecret, "\(place) repeats few characters; it must be made up, at random")]
        }
        return []
    }

    private static let placeholders = [
        "changethis", "changeme", "replaceme", "replacethis", "yoursecret", "yourtoken", "yourkey", "insertyour",
        "secretkey", "devsecret", "devkey", "placeholder", "example", "todo", "xxxxxx",
    ]
}
