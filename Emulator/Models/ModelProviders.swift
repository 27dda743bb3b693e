import JSON
package import Server

/// The stand-ins for model providers on the service port.
///
/// | path | stand-in for |
/// | --- | --- |
/// | `/openai/v1` | OpenAI |
/// | `/anthropic` | Anthropic |
/// | `/gemini`, `/vertex` | Gemini with an API key; Vertex AI with a token from `/vertex/token` |
/// | `/bedrock`, `/model` | Bedrock Runtime, also at the root, where SDKs expect it |
/// | `/_martlet/models/requests` | what clients have sent; `DELETE` forgets it |
///
/// The key `invalid` is a bad key, a model name with `no-such-model` an unknown model. The header
/// `x-emulator-fault` asks for a failure (`Fault`).
package final class ModelProviders: Sendable {
  private static let requestsPath = "/_martlet/models/requests"
  /// Bytes of a request that is answered in well under a millisecond.
  private static let shortBody = 16 * 1024
  /// Tokens of a request, as far as a model takes them.
  private static let longestContext = 200_000
  private static let mostTools = 128

  private let providers: [(prefix: String, provider: any Provider)] = [
    ("/openai/v1", OpenAI()), ("/anthropic", Anthropic()), ("/gemini", Gemini()),
    ("/vertex", Gemini(isVertex: true)), ("/bedrock", Bedrock()), ("/model", Bedrock()),
  ]
  private let model = LocalModel()
  private let prompter: Prompter?
  private let pace: Duration
  private let faults = FaultCounter()
  private let log = RequestLog()

  /// `pace` lies between two pieces of a streamed answer.
  package init(script: ScriptedAnswers? = nil, pace: Duration = .zero) {
    prompter = script.map(Prompter.init)
    self.pace = pace
  }

  /// True for the paths that are answered here.
  package func answers(_ path: String) -> Bool {
    path == Self.requestsPath || providers.contains { Self.rest(of: path, below: $0.prefix) != nil }
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let path = request.path
    if path == Self.requestsPath { return requests(request.method) }
    guard
      let (prefix, provider) = providers.first(where: {
        Self.rest(of: path, below: $0.prefix) != nil
      })
    else {
      return HTTPResponse(status: 404, text: "There is no model provider at \(path).")
    }
    // At the root, the first segment belongs to the provider's own path.
    let rest = prefix == "/model" ? path[...] : Self.rest(of: path, below: prefix) ?? ""
    let headers = request.headers
    var read = ProviderRequest(
      method: request.method, segments: rest.split(separator: "/").map { Percent.decoded($0) },
      query: Percent.query(request.query), header: { headers[$0] }, body: [])
    do {
      read.body = try await request.body.collect(upTo: ProviderRequest.longestBody)
    } catch ServerError.bodyTooLong {
      return await provider.refusal(Problem(.tooLarge, "The body is too long."), read).delivered()
    } catch {
      return HTTPResponse(status: 400, text: "The body did not arrive.")
    }
    log.add(
      .init(
        method: read.method, path: path, headers: headers.map { ($0.name, $0.value) },
        body: read.body))
    // Handlers run on the server's loop, which must not stand still while a long text is read.
    guard read.body.count > Self.shortBody else { return await answer(read, provider).delivered() }
    let long = read
    let answer = await withTaskExecutorPreference(globalConcurrentExecutor) {
      self.answer(long, provider)
    }
    return await answer.delivered()
  }

  /// What a provider answers, before anything is sent.
  func answer(_ request: ProviderRequest, _ provider: any Provider) -> ProviderAnswer {
    do throws(Problem) {
      if let problem = provider.check(request) { throw problem }
      let fault = try fault(request)
      if let problem = fault?.problem { throw problem }
      return try provider.answer(request) { task throws(Problem) in
        try self.performance(task, fault, provider.name)
      }
    } catch {
      return provider.refusal(error, request)
    }
  }

  private func fault(_ request: ProviderRequest) throws(Problem) -> Fault? {
    guard let text = request.header(Fault.header) else { return nil }
    let fault = try Fault(text)
    return faults.happens(fault) ? fault : nil
  }

  private func performance(
    _ task: ModelTask, _ fault: Fault?, _ provider: String
  ) throws(Problem) -> Performance {
    guard task.tools.count <= Self.mostTools else {
      throw Problem(.invalid, "At most \(Self.mostTools) tools can be offered.", parameter: "tools")
    }
    guard Tokens.count(task) <= Self.longestContext else {
      throw Problem(
        .tooLong, "This model's maximum context length is \(Self.longestContext) tokens.",
        parameter: "messages")
    }
    var performance =
      try prompter?.performance(for: task, provider: provider, pace: pace)
      ?? Performance(model.reply(to: task), pace: pace)
    if let written = performance.fault {
      guard faults.happens(written) else {
        performance.fault = fault
        return performance
      }
      if let problem = written.problem { throw problem }
    } else {
      performance.fault = fault
    }
    performance.delay += performance.fault?.delay ?? .zero
    return performance
  }

  private func requests(_ method: String) -> HTTPResponse {
    switch method {
    case "GET":
      return HTTPResponse(
        status: 200, headers: ["Content-Type": "application/json"],
        body: .bytes(log.document().encoded()))
    case "DELETE":
      log.clear()
      return HTTPResponse(status: 204)
    default: return HTTPResponse(status: 405, headers: ["Allow": "GET, DELETE"])
    }
  }

  /// What follows a prefix as whole segments.
  private static func rest(of path: String, below prefix: String) -> Substring? {
    guard path.hasPrefix(prefix) else { return nil }
    let rest = path.dropFirst(prefix.count)
    return rest.isEmpty || rest.first == "/" ? rest : nil
  }
}
