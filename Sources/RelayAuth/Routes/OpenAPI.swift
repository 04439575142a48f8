/// The description of the second port's `/auth` (OpenAPI 3.1). A test holds the answers of a running server against it.
package enum OpenAPI {
    package static let path = "/openapi.json"

    package static func document(version: String) -> [UInt8] {
        Array((head + version + "\"},\n" + paths + ",\n" + components + "}").utf8)
    }

    private static let head = #"""
        {"openapi": "3.1.0",
         "info": {"title": "clasp-relay: accounts and tokens",
          "description": "Who somebody is, and the token that proves it to the relay in HELLO.",
          "version": "
        """#

    private static let paths = #"""
        "paths": {
         "/auth/register": {"post": {
          "summary": "Makes an account and signs in",
          "description": "To keep the id of a guest, send the guest's token along.",
          "security": [{}, {"bearer": []}],
          "requestBody": {"required": true, "content": {"application/json": {"schema": {
           "type": "object", "required": ["username", "password"], "properties": {
            "username": {"$ref": "#/components/schemas/UserName"},
            "password": {"$ref": "#/components/schemas/Password"},
            "user_id": {"$ref": "#/components/schemas/WantedID"},
            "invite": {"type": "string", "description": "needed where registration is by invitation"}}}}}},
          "responses": {
           "200": {"$ref": "#/components/responses/Session"}, "400": {"$ref": "#/components/responses/Error"},
           "403": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"},
           "429": {"$ref": "#/components/responses/Later"}, "500": {"$ref": "#/components/responses/Error"},
           "503": {"$ref": "#/components/responses/Later"}}}},
         "/auth/login": {"post": {
          "summary": "Signs in",
          "description": "A device that sends a valid token of the account is not held up by the failures of others.",
          "security": [{}, {"bearer": []}],
          "requestBody": {"required": true, "content": {"application/json": {"schema": {
           "type": "object", "required": ["username", "password"], "properties": {
            "username": {"type": "string"}, "password": {"type": "string"}}}}}},
          "responses": {
           "200": {"$ref": "#/components/responses/Session"}, "400": {"$ref": "#/components/responses/Error"},
           "401": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"},
           "429": {"$ref": "#/components/responses/Later"}, "500": {"$ref": "#/components/responses/Error"},
           "503": {"$ref": "#/components/responses/Later"}}}},
         "/auth/guest": {"post": {
          "summary": "Lets a guest in",
          "description": "An id is the guest's as long as the token; to use it again meanwhile, send the token along.",
          "security": [{}, {"bearer": []}],
          "requestBody": {"required": true, "content": {"application/json": {"schema": {
           "type": "object", "properties": {
            "name": {"type": ["string", "null"], "maxLength": 128},
            "user_id": {"$ref": "#/components/schemas/WantedID"}}}}}},
          "responses": {
           "200": {"$ref": "#/components/responses/Session"}, "400": {"$ref": "#/components/responses/Error"},
           "403": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"},
           "429": {"$ref": "#/components/responses/Later"}, "500": {"$ref": "#/components/responses/Error"},
           "503": {"$ref": "#/components/responses/Later"}}}},
         "/auth/refresh": {"post": {
          "summary": "Extends the token, and the sessions that live by it",
          "security": [{"bearer": []}],
          "responses": {
           "200": {"description": "the same token lasts longer", "content": {"application/json": {"schema": {
            "type": "object", "required": ["user_id", "username", "expires_at"], "additionalProperties": false,
            "properties": {
             "user_id": {"$ref": "#/components/schemas/UserID"}, "username": {"type": "string"},
             "expires_at": {"$ref": "#/components/schemas/Expiry"}}}}}},
           "401": {"$ref": "#/components/responses/Problem"}, "403": {"$ref": "#/components/responses/Problem"},
           "500": {"$ref": "#/components/responses/Problem"},
           "503": {"$ref": "#/components/responses/ProblemForNow"}}}},
         "/auth/logout": {"post": {
          "summary": "Ends the token and its sessions",
          "security": [{"bearer": []}],
          "requestBody": {"required": false, "content": {"application/json": {"schema": {
           "type": "object", "properties": {
            "all": {"type": "boolean", "description": "every token of its owner, a user or guest"}}}}}},
          "responses": {
           "204": {"description": "done"}, "400": {"$ref": "#/components/responses/Problem"},
           "401": {"$ref": "#/components/responses/Problem"}, "403": {"$ref": "#/components/responses/Problem"},
           "500": {"$ref": "#/components/responses/Problem"},
           "503": {"$ref": "#/components/responses/ProblemForNow"}}}},
         "/auth/password": {"post": {
          "summary": "Changes the password, and ends all other tokens of the account",
          "security": [{"bearer": []}],
          "requestBody": {"required": true, "content": {"application/json": {"schema": {
           "type": "object", "required": ["password", "new_password"], "properties": {
            "password": {"type": "string", "description": "the present one"},
            "new_password": {"$ref": "#/components/schemas/Password"}}}}}},
          "responses": {
           "204": {"description": "done"}, "400": {"$ref": "#/components/responses/Problem"},
           "401": {"$ref": "#/components/responses/Problem"}, "403": {"$ref": "#/components/responses/Problem"},
           "409": {"$ref": "#/components/responses/Problem"},
           "429": {"$ref": "#/components/responses/ProblemForNow"},
           "500": {"$ref": "#/components/responses/Problem"},
           "503": {"$ref": "#/components/responses/ProblemForNow"}}}},
         "/auth/me": {"get": {
          "summary": "Whom the token speaks for",
          "security": [{"bearer": []}],
          "responses": {
           "200": {"description": "what the relay knows", "content": {"application/json": {"schema": {
            "type": "object", "required": ["user_id", "username", "kind", "scopes", "expires_at"],
            "additionalProperties": false, "properties": {
             "user_id": {"$ref": "#/components/schemas/UserID"}, "username": {"type": "string"},
             "kind": {"type": "string", "enum": ["account", "guest", "issued", "admin", "signed"]},
             "scopes": {"type": "array", "items": {"type": "string"}},
             "expires_at": {"$ref": "#/components/schemas/Expiry"}}}}}},
           "401": {"$ref": "#/components/responses/Problem"}}}}}
        """#

    private static let components = #"""
        "components": {
         "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
         "schemas": {
          "UserName": {"type": "string", "description": "2 to 32 bytes of UTF-8 without white space around them",
           "minLength": 1},
          "Password": {"type": "string", "description": "6 to 1,024 bytes of UTF-8"},
          "UserID": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
          "WantedID": {"type": ["string", "null"], "description": "like UserID; blank or missing: one is made"},
          "Expiry": {"type": ["integer", "null"], "description": "Unix seconds; null: it does not end"},
          "Session": {"type": "object", "required": ["token", "user_id", "username"], "additionalProperties": false,
           "properties": {
            "token": {"type": "string", "minLength": 37, "maxLength": 37},
            "user_id": {"$ref": "#/components/schemas/UserID"}, "username": {"type": "string"}}},
          "Error": {"type": "object", "required": ["error"], "additionalProperties": false, "properties": {
           "error": {"type": "string", "minLength": 1, "description": "for the user, as it is"}}},
          "Problem": {"type": "object", "required": ["type", "title", "status", "detail"],
           "additionalProperties": false, "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string", "minLength": 1, "description": "for the user, as it is"}}}},
         "responses": {
          "Session": {"description": "signed in",
           "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Session"}}}},
          "Error": {"description": "refused",
           "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
          "Later": {"description": "refused for now",
           "headers": {"Retry-After": {"required": true, "schema": {"type": "integer"}}},
           "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
          "Problem": {"description": "refused",
           "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
          "ProblemForNow": {"description": "refused for now",
           "headers": {"Retry-After": {"required": true, "schema": {"type": "integer"}}},
           "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}}
        """#
}
