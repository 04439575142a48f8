import RelayStorage

/// Where the rules of the application lie when nobody says so: the single `*.json` of the first directory that has any.
enum AppConfigSearch {
    enum Outcome: Equatable {
        case none
        case one(String)
        case several(directory: String)
    }

    static func find(in directories: [String]) -> Outcome {
        for directory in directories {
            let names = ((try? LinuxFileSystem().names(in: directory)) ?? []).filter {
                $0.hasSuffix(".json") && !$0.hasPrefix(".")
            }
            if let name = names.first, names.count == 1 { return .one(directory + "/" + name) }
            if names.count > 1 { return .several(directory: directory) }
        }
        return .none
    }
}
