internal import RelayJSON

/// Reads around the damage in a checkpoint: our files have one param to a line, so a line that is whole counts.
struct CheckpointSalvage {
    let files: any FileSystem
    let path: String
    let now: Int64

    /// The number of params that could be read.
    func load(into sink: inout some RecoverySink) -> Int {
        guard let file = try? files.open(path, .read) else { return 0 }
        defer { files.close(file) }
        var params = ParamReader(isForeign: false, now: now)
        var window: [UInt8] = []
        var count = 0
        while (try? files.read(file, upTo: 1 << 20, into: &window)) ?? 0 > 0 {
            guard let end = window.lastIndex(of: UInt8(ascii: "\n")) else {
                // No line of ours is this long; the foreign kind is one line and cannot be read around.
                if window.count > 4 << 20 { return count }
                continue
            }
            for line in window[..<end].split(separator: UInt8(ascii: "\n")) {
                if read(line, &params, into: &sink) { count += 1 }
            }
            window.removeFirst(end + 1)
        }
        return count
    }

    private func read(
        _ line: ArraySlice<UInt8>, _ params: inout ParamReader, into sink: inout some RecoverySink
    ) -> Bool {
        guard line.first == UInt8(ascii: "{") else { return false }
        let text = line.last == UInt8(ascii: ",") ? line.dropLast() : line
        var reader = JSONReader(Array(text), depthLimit: CheckpointFormat.depthLimit)
        do throws(JSONError) {
            // Once dry: the sink is not to hear of a param whose line turns out to be damaged behind it.
            var dry = NoSink()
            try params.read(&reader, into: &dry)
            try reader.finish()
            reader = JSONReader(Array(text), depthLimit: CheckpointFormat.depthLimit)
            try params.read(&reader, into: &sink)
            return true
        } catch {
            return false
        }
    }
}
