/// The description of the second port (OpenAPI 3.1). A test holds every answer of the server against it.
package enum OpenAPI {
    package static let path = "/openapi.json"

    package static func document(version: String) -> [UInt8] { Array("{}".utf8) }
}
