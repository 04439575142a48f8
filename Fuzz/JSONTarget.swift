// sources: Sources/RelayJSON
import RelayJSON

/// Any bytes are read or refused, the same way whole and in pieces, and what was read survives being written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let whole = try? JSONValue(parsing: text)
    if let whole {
        let written = whole.encoded()
        guard let again = try? JSONValue(parsing: written), again.encoded() == written else {
            fatalError("what was written does not read back")
        }
    }

    var position = 0
    var reader = JSONReader(source: { window in
        guard position < text.count else { return false }
        let size = min(1 + position % 7, text.count - position)
        window.append(contentsOf: text[position..<position + size])
        position += size
        return true
    })
    var pieces: JSONValue?
    do throws(JSONError) {
        let value = try reader.readValue()
        try reader.finish()
        pieces = value
    } catch {
        guard error.offset <= text.count else { fatalError("an error beyond the end") }
    }
    guard pieces?.encoded() == whole?.encoded() else { fatalError("whole and pieces differ") }
    return 0
}
