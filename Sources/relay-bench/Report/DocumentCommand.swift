import Glibc

/// `relay-bench document`
enum DocumentCommand {
    private static let flags = [
        Flag("results", "FILE", "what relay-bench all wrote, and codec and storage with --json"),
        Flag("document", "FILE", "the page whose results are replaced"),
        Flag("images", "DIR", "where its plots are"),
    ]

    static func run(_ words: [String]) -> Int32 {
        do throws(BenchError) {
            let arguments = try Arguments(words, flags)
            guard !arguments.wantsHelp, let results = arguments.text("results"),
                let page = arguments.text("document"), let images = arguments.text("images")
            else {
                print(
                    (["usage: relay-bench document --results FILE --document FILE --images DIR", ""] + flags.map(\.line))
                        .joined(separator: "\n"))
                return arguments.wantsHelp ? EXIT_SUCCESS : EX_USAGE
            }
            let document = try BenchmarksDocument(try ResultFile.lines(of: results))
            let text = String(decoding: try ResultFile.bytes(of: page), as: UTF8.self)
            try ResultFile.replace(Array(try document.filled(into: text).utf8), at: page)
            for plot in document.plots { try ResultFile.replace(Array(plot.svg.utf8), at: "\(images)/\(plot.name)") }
            return EXIT_SUCCESS
        } catch {
            print("relay-bench document: \(error)")
            return EX_UNAVAILABLE
        }
    }
}
