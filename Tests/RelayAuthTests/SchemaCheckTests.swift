import RelayJSON
import RelayTestKit
import Testing

@testable import RelayAuth

@Suite(.serialized) struct `The description of the port` {
    private func fault(
        _ status: Int, _ type: String, _ content: String, _ path: String = "/auth/login",
        fields: [(name: String, value: String)] = []
    ) throws -> String? {
        let check = try SchemaCheck(OpenAPI.document(version: "1.2.3"))
        let answer = HTTPCaller.Answer(
            status: status, fields: [("Content-Type", type)] + fields, content: Array(content.utf8))
        return check.fault(of: answer, to: "POST", path)
    }

    private let json = "application/json"

    @Test func `is OpenAPI 3.1 with this version, and names every route`() throws {
        let document = try JSONValue(parsing: OpenAPI.document(version: "1.2.3"))
        #expect(document["openapi"] == "3.1.0" && document["info"]?["version"] == "1.2.3")
        let paths = document["paths"]?.object?.map(\.key) ?? []
        #expect(
            Set(paths) == [
                "/auth/register", "/auth/login", "/auth/guest", "/auth/refresh", "/auth/logout", "/auth/password",
                "/auth/me",
            ])
    }

    @Test func `catches answers that are not described`() throws {
        let token = "cpsk_00112233445566778899aabbccddeeff"
        let good = #"{"token":"\#(token)","user_id":"a","username":"A"}"#
        #expect(try fault(200, json, good) == nil)
        #expect(try fault(200, json, good, "/auth/nothing") != nil)
        #expect(try fault(418, json, good) != nil)
        #expect(try fault(200, "text/plain", good) != nil)
        #expect(try fault(200, json, "{") != nil)
        #expect(try fault(200, json, #"{"token":"\#(token)","user_id":"a"}"#) != nil)
        #expect(try fault(200, json, #"{"token":"\#(token)","user_id":"a","username":7}"#) != nil)
        #expect(try fault(200, json, #"{"token":"short","user_id":"a","username":"A"}"#) != nil)
        #expect(try fault(200, json, #"{"token":"\#(token)","user_id":"a/b","username":"A"}"#) != nil)
        #expect(try fault(200, json, #"{"token":"\#(token)","user_id":"a","username":"A","x":1}"#) != nil)
        #expect(try fault(429, json, #"{"error":"x"}"#) != nil)
        #expect(try fault(429, json, #"{"error":"x"}"#, fields: [("Retry-After", "soon")]) != nil)
        #expect(try fault(429, json, #"{"error":"x"}"#, fields: [("Retry-After", "5")]) == nil)
        #expect(try fault(204, json, "x", "/auth/logout") != nil)
    }
}
