/// Why a text is not JSON, and where.
package struct JSONError: Error, Equatable {
    package let reason: StaticString
    package let offset: Int

    package static func == (one: JSONError, other: JSONError) -> Bool {
        one.offset == other.offset && one.reason.description == other.reason.description
    }
}
