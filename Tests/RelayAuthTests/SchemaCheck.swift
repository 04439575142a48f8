import RelayJSON
import RelayTestKit

@testable import RelayAuth

/// As much of JSON Schema and OpenAPI as the document uses; whatever else it used would fail the check.
struct SchemaCheck {
    let document: JSONValue

    init(_ document: [UInt8]) throws { self.document = try JSONValue(parsing: document) }

    /// What is wrong with an answer; nil where all is as described.
    func fault(of answer: HTTPCaller.Answer, to method: String, _ path: String) -> String? {
        guard let operation = document["paths"]?[path]?[method.lowercased()] else {
            return "\(method) \(path) is not described"
        }
        guard let found = operation["responses"]?[String(answer.status)] else {
            return "\(method) \(path) may answer \(answer.status)"
        }
        let response = resolved(found)
        for header in response["headers"]?.object ?? [] {
            guard let value = answer[header.key] else { return "the field \(header.key) is missing" }
            if resolved(header.value)["schema"]?["type"]?.string == "integer", Int(value) == nil {
                return "\(header.key) is no number"
            }
        }
        guard let contents = response["content"]?.object else {
            return answer.content.isEmpty ? nil : "there is content"
        }
        guard let content = contents.first(where: { $0.key == answer["Content-Type"] }) else {
            return "the type is \(answer["Content-Type"] ?? "missing")"
        }
        guard let schema = content.value["schema"] else { return "there is no schema" }
        guard let value = try? JSONValue(parsing: answer.content) else { return "the content is not JSON" }
        return fault(of: value, by: schema, at: "$")
    }

    private func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        var target = document
        for name in reference.split(separator: "/").dropFirst() { target = target[String(name)] ?? .null }
        return target
    }

    private static let known: Set<String> = [
        "type", "required", "properties", "additionalProperties", "items", "enum", "minLength", "maxLength", "pattern",
        "description",
    ]

    private func fault(of value: JSONValue, by reference: JSONValue, at place: String) -> String? {
        let schema = resolved(reference)
        guard let members = schema.object else { return "\(place): the schema is missing" }
        for member in members where !Self.known.contains(member.key) { return "\(place): \(member.key) is not checked" }
        let types = schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? ""]
        guard types.contains(Self.type(of: value)) else { return "\(place) is \(Self.type(of: value)), not \(types)" }
        if let allowed = schema["enum"]?.array, !allowed.contains(value) { return "\(place) is none of the values" }
        switch value {
        case .string(let text):
            if text.utf8.count < Int(schema["minLength"]?.int ?? 0) { return "\(place) is too short" }
            if text.utf8.count > Int(schema["maxLength"]?.int ?? .max) { return "\(place) is too long" }
            if let pattern = schema["pattern"]?.string, let regex = try? Regex(pattern),
                text.firstMatch(of: regex) == nil
            {
                return "\(place) does not match"
            }
        case .array(let items):
            for (index, item) in items.enumerated() {
                if let schema = schema["items"], let fault = fault(of: item, by: schema, at: "\(place)[\(index)]") {
                    return fault
                }
            }
        case .object(let members):
            for name in schema["required"]?.array?.compactMap(\.string) ?? [] where value[name] == nil {
                return "\(place).\(name) is missing"
            }
            for member in members {
                if let schema = schema["properties"]?[member.key] {
                    if let fault = fault(of: member.value, by: schema, at: "\(place).\(member.key)") { return fault }
                } else if schema["additionalProperties"]?.bool == false {
                    return "\(place).\(member.key) is too much"
                }
            }
        default: break
        }
        return nil
    }

    private static func type(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .int, .unsigned: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
