import Crypto
import JSON
package import Server

/// Lambda's own API as callers see it: invoking, and describing what can be invoked.
///
/// Source: Lambda API reference, "Invoke", "ListFunctions", "GetFunctionConfiguration".
extension Functions {
  /// Whether a request is for this API, by its path.
  package static func serves(path: String) -> Bool {
    path.hasPrefix("/2015-03-31/functions") || path.hasPrefix("/2021-11-15/functions")
  }

  /// Answers a request that `serves` names. The caller has checked its origin and signature.
  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let parts = request.path.split(separator: "/").map(String.init)
    switch (request.method, parts.count, parts.last) {
    case ("GET", 2, "functions"): return list()
    case ("GET", 3, _): return describe(parts[2], request) { ["Configuration": $0] }
    case ("GET", 4, "configuration"): return describe(parts[2], request) { $0 }
    case ("POST", 4, "invocations"): return await invoke(parts[2], request)
    case ("POST", 4, "response-streaming-invocations"):
      return await invokeStreaming(parts[2], request)
    default:
      return InvokeAnswer.error(
        404, "UnknownOperationException", "\(request.method) \(request.path) is not offered here")
    }
  }

  private func invoke(_ part: String, _ request: HTTPRequest) async -> HTTPResponse {
    do {
      let name = try function(part, request)
      let type = request.headers["X-Amz-Invocation-Type"] ?? "RequestResponse"
      switch type {
      case "RequestResponse": return try await invokeAndWait(name, request)
      case "Event":
        let event = try await event(of: request, limit: limits.asynchronousEvent)
        let id = try await enqueue(name, event, options(of: request))
        return HTTPResponse(
          status: 202, headers: ["x-amzn-RequestId": id.text], body: .bytes([]))
      case "DryRun":
        return HTTPResponse(
          status: 204, headers: ["x-amzn-RequestId": Crypto.RequestID.uuid()], body: .bytes([]))
      default:
        throw InvokeAnswer.Refusal.parameter("InvocationType", type)
      }
    } catch {
      return InvokeAnswer.refusal(error)
    }
  }

  private func invokeAndWait(_ name: String, _ request: HTTPRequest) async throws -> HTTPResponse {
    let logType = request.headers["X-Amz-Log-Type"] ?? "None"
    guard logType == "None" || logType == "Tail" else {
      throw InvokeAnswer.Refusal.parameter("LogType", logType)
    }
    let event = try await event(of: request, limit: limits.event)
    var options = try options(of: request)
    options.waitsForReport = logType == "Tail"
    return InvokeAnswer.result(try await invoke(name, event, options))
  }

  // MARK: - Parts of a request

  /// The function that a path names: by name, by partial or whole ARN, with or without a
  /// qualifier.
  func function(_ part: String, _ request: HTTPRequest) throws(InvokeAnswer.Refusal) -> String {
    guard let text = InvokeAnswer.unescaped(part) else { throw .parameter("FunctionName", part) }
    var fields = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if let place = fields.firstIndex(of: "function") { fields.removeSubrange(...place) }
    guard let name = fields.first, fields.count <= 2 else { throw .parameter("FunctionName", text) }
    let qualifier =
      fields.count == 2 ? fields[1] : InvokeAnswer.queryValue("Qualifier", of: request)
    let isKnown = qualifier.map { pools[name]?.configuration.answers(to: $0) ?? false } ?? true
    guard pools[name] != nil, isKnown else {
      throw .notFound(name: name, qualifier: qualifier)
    }
    return name
  }

  func event(of request: HTTPRequest, limit: Int) async throws -> [UInt8] {
    do {
      let bytes = try await request.body.collect(upTo: limit)
      guard !bytes.isEmpty else { return Array("{}".utf8) }
      _ = try JSONDocument(bytes)
      return bytes
    } catch ServerError.bodyTooLong(let limit) {
      throw InvokeError.eventTooLarge(size: request.body.length ?? limit + 1, limit: limit)
    } catch let error as JSONError {
      throw InvokeAnswer.Refusal.notJSON("\(error)")
    }
  }

  func options(of request: HTTPRequest) throws(InvokeAnswer.Refusal) -> InvocationOptions {
    var options = InvocationOptions(
      traceID: request.headers["X-Amzn-Trace-Id"],
      tenantID: request.headers["X-Amz-Tenant-Id"])
    if let encoded = request.headers["X-Amz-Client-Context"] {
      guard encoded.utf8.count <= 3583, let bytes = Base64.standard.decode(encoded),
        let value = try? JSONValue(parsing: bytes)
      else { throw .parameter("ClientContext", "not the Base64 of a JSON text") }
      options.clientContext = value.description
    }
    return options
  }

  // MARK: - Descriptions

  private func list() -> HTTPResponse {
    let functions = names.compactMap { pools[$0].map { Self.description(of: $0.configuration) } }
    return RuntimeAnswer.json(200, ["Functions": .array(functions)])
  }

  private func describe(
    _ part: String, _ request: HTTPRequest, _ form: (JSONValue) -> JSONValue
  ) -> HTTPResponse {
    do {
      let name = try function(part, request)
      guard let pool = pools[name] else { throw InvokeAnswer.Refusal.notFound(name: name) }
      return RuntimeAnswer.json(200, form(Self.description(of: pool.configuration)))
    } catch {
      return InvokeAnswer.refusal(error)
    }
  }

  private static func description(of function: FunctionConfiguration) -> JSONValue {
    [
      "FunctionName": .string(function.name), "FunctionArn": .string(function.arn),
      "Runtime": "provided.al2023", "Handler": .string(function.handler),
      "Timeout": .int(function.timeout.inMilliseconds / 1000),
      "MemorySize": .int(function.memory), "Version": .string(Report.version),
      "PackageType": "Zip", "State": "Active", "LastUpdateStatus": "Successful",
    ]
  }
}

extension FunctionConfiguration {
  /// Whether a qualifier names this function's only version.
  func answers(to qualifier: String) -> Bool {
    qualifier == Report.version || aliases.contains(qualifier)
  }
}
