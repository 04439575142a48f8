import FoundationEssentials

/// Where the sources stand, for tests that read files of the package.
package enum PackageFiles {
    package static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/")

    package static func bytes(at path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path)))
    }

    package static func text(at path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }
}
