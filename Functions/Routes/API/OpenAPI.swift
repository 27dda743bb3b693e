import JSON

/// The OpenAPI document (3.1), made from the route table.
enum OpenAPI {
  /// Shape: OpenAPI Specification 3.1.0.
  static func document() throws -> JSONValue {
    var paths: JSONObject = [:]
    for route in APIRoutes.all {
      var item = paths[route.path] ?? [:]
      item[route.method.lowercased()] = try operation(route)
      paths[route.path] = item
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Martlet", "version": .string(Version.text),
        "description":
          "Chat assistants over HTTP. Everything a token's bearer can see is their own.",
        "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
      ],
      "servers": [["url": "/"]],
      "tags": .array(APIRoute.Tag.allCases.map { ["name": .string($0.rawValue)] }),
      "paths": .object(paths),
      "components": [
        "schemas": try schemas(),
        "securitySchemes": [
          "token": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]
        ],
      ],
    ]
  }

  private static func schemas() throws -> JSONValue {
    var all = JSONObject()
    for text in [OpenAPISchemas.text, OpenAPISchemas.cache] {
      for (name, schema) in try JSONValue(parsing: text).object ?? [:] { all[name] = schema }
    }
    return .object(all)
  }

  private static func operation(_ route: APIRoute) throws -> JSONValue {
    var operation: JSONObject = [
      "operationId": .string(route.operation.rawValue),
      "tags": [.string(route.tag.rawValue)], "summary": .string(route.summary),
      "security": route.access == .open ? [] : [["token": []]],
    ]
    let variables = route.segments.filter { $0.hasPrefix("{") }.map { segment -> JSONValue in
      [
        "name": .string(String(segment.dropFirst().dropLast())), "in": "path", "required": true,
        "schema": ["type": "string"],
      ]
    }
    let others = try route.parameters.map { parameter -> JSONValue in
      [
        "name": .string(parameter.name), "in": .string(parameter.place),
        "required": .bool(parameter.isRequired), "description": .string(parameter.text),
        "schema": try JSONValue(parsing: parameter.schema),
      ]
    }
    if !(variables + others).isEmpty { operation["parameters"] = .array(variables + others) }
    if let body = route.body {
      operation["requestBody"] = [
        "required": true, "content": ["application/json": ["schema": reference(body)]],
      ]
    }
    operation["responses"] = responses(of: route)
    return .object(operation)
  }

  private static func responses(of route: APIRoute) -> JSONValue {
    var responses: JSONObject = [:]
    for answer in route.answers {
      var response = responses[String(answer.status)] ?? ["description": .string(answer.text)]
      if let schema = answer.schema {
        var content = response["content"] ?? [:]
        content[answer.type] = ["schema": reference(schema)]
        response["content"] = content
      }
      responses[String(answer.status)] = response
    }
    for (status, text) in failures(of: route) {
      responses[String(status)] = [
        "description": .string(text),
        "content": ["application/json": ["schema": reference("Error")]],
      ]
    }
    return .object(responses)
  }

  /// What a route refuses, besides what all of them may answer when something breaks.
  private static func failures(of route: APIRoute) -> [(Int, String)] {
    var failures: [(Int, String)] = []
    if route.parameters.contains(where: { $0.place == "query" }) {
      failures.append((400, "A parameter is not what it should be."))
    }
    if route.access != .open { failures.append((401, "There is no valid token.")) }
    if route.access == .admin { failures.append((403, "The token's role does not permit this.")) }
    if route.path.contains("{") { failures.append((404, "There is no such thing of yours.")) }
    if route.body != nil {
      failures.append((413, "The body is too long."))
      failures.append((415, "The body is no JSON."))
      failures.append((422, "Fields are not what they should be; each is named."))
    }
    if route.function == "messages" || route.function == "stream" {
      failures.append((409, "The key stands for another message, or its answer is on its way."))
      failures.append((429, "Too many requests, or a budget is used up."))
      failures.append((503, "The model provider does not answer."))
    }
    return failures + [(500, "Something went wrong on our side.")]
  }

  private static func reference(_ schema: String) -> JSONValue {
    ["$ref": .string("#/components/schemas/\(schema)")]
  }
}
