import JSON
import Server

/// The Extensions API of one sandbox, `http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension/…`.
///
/// Runtimes use it to hear of their shutdown: a sandbox with an extension gets SIGTERM before it
/// is killed. Source: Lambda developer guide, "Using the Lambda Extensions API".
extension FunctionPool {
  func answerExtension(
    _ request: HTTPRequest, _ parts: [String], _ id: SandboxID
  ) async -> HTTPResponse {
    guard parts.first == "extension", sandboxes[id] != nil else { return RuntimeAnswer.notFound }
    let identifier = request.headers["Lambda-Extension-Identifier"]
    switch (request.method, parts.dropFirst().joined(separator: "/")) {
    case ("POST", "register"): return await register(request, id)
    case ("GET", "event/next"): return await nextEvent(identifier, id)
    case ("POST", "init/error"), ("POST", "exit/error"):
      do {
        try sandboxes[id]?.extensions.requireKnown(identifier)
        end(id, .stopping)
        return RuntimeAnswer.accepted
      } catch {
        return Self.answer(error)
      }
    default: return RuntimeAnswer.notFound
    }
  }

  private func register(_ request: HTTPRequest, _ id: SandboxID) async -> HTTPResponse {
    var events: [String] = []
    do {
      let body = try await request.body.collect(upTo: 4096)
      if !body.isEmpty {
        let value = try JSONValue(parsing: body)
        events = value["events"]?.array?.compactMap(\.string) ?? []
      }
    } catch {
      return RuntimeAnswer.error(400, "InvalidRequestFormat", "the body is no registration")
    }
    guard var extensions = sandboxes[id]?.extensions else { return RuntimeAnswer.gone }
    do throws(Extensions.Refusal) {
      let name = request.headers["Lambda-Extension-Name"]
      let identifier = try extensions.register(name: name, events: events)
      sandboxes[id]?.extensions = extensions
      var body: JSONValue = [
        "functionName": .string(configuration.name), "functionVersion": .string(Report.version),
        "handler": .string(configuration.handler),
      ]
      if request.headers["Lambda-Extension-Accept-Feature"] == "accountId" {
        body["accountId"] = "000000000000"
      }
      return RuntimeAnswer.json(200, body, headers: ["Lambda-Extension-Identifier": identifier])
    } catch {
      return Self.answer(error)
    }
  }

  private func nextEvent(_ identifier: String?, _ id: SandboxID) async -> HTTPResponse {
    guard var extensions = sandboxes[id]?.extensions else { return RuntimeAnswer.gone }
    do {
      let missed = try extensions.asked(identifier)
      sandboxes[id]?.extensions = extensions
      if missed != nil, let handout = sandboxes[id]?.work?.handout { return Self.event(handout) }
    } catch {
      return Self.answer(error)
    }
    guard let identifier else { return RuntimeAnswer.gone }
    let handout = await withTaskCancellationHandler {
      await withCheckedContinuation { parkExtension($0, identifier, id) }
    } onCancel: {
      loop.execute { self.assumeIsolated { $0.extensionLeft(identifier, id) } }
    }
    return handout.map(Self.event) ?? RuntimeAnswer.gone
  }

  private func parkExtension(
    _ continuation: CheckedContinuation<Handout?, Never>, _ identifier: String, _ id: SandboxID
  ) {
    guard sandboxes[id] != nil else {  // it ended on the way here
      continuation.resume(returning: nil)
      return
    }
    sandboxes[id]?.parkedExtensions[identifier] = continuation
    if Task.isCancelled { extensionLeft(identifier, id) }
  }

  private func extensionLeft(_ identifier: String, _ id: SandboxID) {
    let parked = sandboxes[id]?.parkedExtensions.removeValue(forKey: identifier)
    sandboxes[id]?.extensions.left(identifier)
    parked?.resume(returning: nil)
  }

  private static func event(_ handout: Handout) -> HTTPResponse {
    var event: JSONValue = [
      "eventType": "INVOKE", "deadlineMs": .int(handout.deadline),
      "requestId": .string(handout.id.text), "invokedFunctionArn": .string(handout.arn),
    ]
    if let trace = handout.options.traceID {
      event["tracing"] = ["type": "X-Amzn-Trace-Id", "value": .string(trace)]
    }
    return RuntimeAnswer.json(
      200, event, headers: ["Lambda-Extension-Event-Identifier": handout.id.text])
  }

  private static func answer(_ refusal: Extensions.Refusal) -> HTTPResponse {
    RuntimeAnswer.error(403, refusal.rawValue, "\(refusal)")
  }
}
