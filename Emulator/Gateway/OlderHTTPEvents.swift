import Crypto
import JSON
import Server
import Template

/// Payload format 1.0, as of REST APIs: what a route asks for by `PayloadFormatVersion`, and what
/// AWS::ApiGatewayV2 integrations get unless they say otherwise.
///
/// Shape: API Gateway developer guide, "Lambda proxy integrations for HTTP APIs", format 1.0.
extension HTTPCall {
  func olderEvent() -> [UInt8] {
    var root: JSONObject = ["version": "1.0", "resource": .string(resource)]
    addOlderRequest(to: &root)
    let text = text
    root["body"] = body.isEmpty ? .null : .string(text ?? Base64.standard.encode(body))
    root["isBase64Encoded"] = .bool(!body.isEmpty && text == nil)
    return JSONValue.object(root).encoded()
  }

  /// The event for a Lambda authorizer, format 1.0.
  func olderAuthorizerEvent(routeARN: String) -> [UInt8] {
    var root: JSONObject = [
      "version": "1.0", "type": "REQUEST", "methodArn": .string(routeARN),
      "identitySource": .string(""), "authorizationToken": .string(""),
      "resource": .string(resource),
    ]
    addOlderRequest(to: &root)
    return JSONValue.object(root).encoded()
  }

  private func addOlderRequest(to root: inout JSONObject) {
    root["path"] = .string(request.path)
    root["httpMethod"] = .string(request.method)
    let headers = multiple(forwardedHeaders)
    root["headers"] = .object(last(of: headers))
    root["multiValueHeaders"] = .object(headers)
    let query = multiple(PercentEncoding.parameters(of: request.query))
    root["queryStringParameters"] = query.isEmpty ? .null : .object(last(of: query))
    root["multiValueQueryStringParameters"] = query.isEmpty ? .null : .object(query)
    root["requestContext"] = .object(olderContext)
    let parameters = last(of: multiple(parameters))
    root["pathParameters"] = parameters.isEmpty ? .null : .object(parameters)
    let variables = last(of: multiple(stage.variables.sorted { $0.key < $1.key }.map { ($0, $1) }))
    root["stageVariables"] = variables.isEmpty ? .null : .object(variables)
  }

  /// The route's path: `/items/{id}`, `$default`.
  private var resource: String {
    String(route.key.split(separator: " ", maxSplits: 1).last ?? "")
  }

  private func multiple(_ fields: [(name: String, value: String)]) -> JSONObject {
    fields.reduce(into: JSONObject()) { object, field in
      object[field.name] = .array((object[field.name]?.array ?? []) + [.string(field.value)])
    }
  }

  private func last(of fields: JSONObject) -> JSONObject {
    JSONObject(fields.map { ($0.key, $0.value.array?.last ?? "") })
  }

  private var olderContext: JSONObject {
    var context: JSONObject = [
      "accountId": .string(accountID), "apiId": .string(apiID),
    ]
    // The older form has the context itself, not a member per kind of authorizer.
    if let found = authorizer?["lambda"]?.object ?? authorizer?["jwt"]?.object {
      context["authorizer"] = .object(found)
    }
    context["domainName"] = .string(request.domainName)
    context["domainPrefix"] = .string(domainPrefix)
    context["extendedRequestId"] = .string(requestID)
    context["httpMethod"] = .string(request.method)
    context["identity"] = [
      "accessKey": .null, "accountId": .null, "caller": .null, "cognitoAmr": .null,
      "cognitoAuthenticationProvider": .null, "cognitoAuthenticationType": .null,
      "cognitoIdentityId": .null, "cognitoIdentityPoolId": .null, "principalOrgId": .null,
      "sourceIp": .string(request.peer.address), "user": .null,
      "userAgent": .string(request.headers["User-Agent"] ?? ""), "userArn": .null,
    ]
    context["path"] = .string(request.path)
    context["protocol"] = "HTTP/1.1"
    context["requestId"] = .string(requestID)
    context["requestTime"] = .string(time.requestTime)
    context["requestTimeEpoch"] = .int(time.milliseconds)
    context["resourceId"] = .string(route.key)
    context["resourcePath"] = .string(resource)
    context["stage"] = .string(stage.name)
    return context
  }
}
