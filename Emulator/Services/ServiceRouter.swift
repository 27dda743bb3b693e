import Crypto
package import Server

/// One service of the endpoint: how its requests are known, and who answers them.
package struct EmulatedService: Sendable {
  package typealias Answer = @Sendable (HTTPRequest) async -> HTTPResponse

  /// As people call it, and as the health page shows it.
  package let name: String
  /// The service in the scope of a signature (`dynamodb`, `s3`, `execute-api`).
  package let signingNames: [String]
  /// How `X-Amz-Target` begins, for services that name their operations there.
  package let targets: [String]
  /// The first paths of requests that carry neither signature nor target.
  package let paths: [String]
  /// How it refuses signatures; nil for a service that checks them itself or takes none.
  package let family: ErrorFamily?
  /// Anything else that only the service itself can tell, from path, query and host.
  package let matches: @Sendable (HTTPRequest) -> Bool
  package let answer: Answer
  /// Whether it lets in a page of another site by rules of its own; nil for never.
  package let admits: (@Sendable (HTTPRequest) async -> Bool)?

  package init(
    name: String, signingNames: [String] = [], targets: [String] = [], paths: [String] = [],
    family: ErrorFamily? = nil, matches: @escaping @Sendable (HTTPRequest) -> Bool = { _ in false },
    admits: (@Sendable (HTTPRequest) async -> Bool)? = nil,
    answer: @escaping Answer
  ) {
    self.name = name
    self.signingNames = signingNames
    self.targets = targets
    self.paths = paths
    self.family = family ?? (targets.isEmpty ? nil : .json)
    self.matches = matches
    self.answer = answer
    self.admits = admits
  }
}

/// The one endpoint of all services. It tells them apart as the SDKs' requests allow: by the scope of
/// the signature, then the target header, then path and host.
package struct ServiceRouter: Sendable {
  private let services: [EmulatedService]
  private let bySigningName: [String: EmulatedService]
  /// Answers what no service claims; S3 in practice, whose buckets are paths.
  private let fallback: EmulatedService?
  private let guardian: LoopbackGuard
  private let browsers: BrowserAccess
  /// Checks signatures; nil takes every one of the right form.
  private let signatures: SignatureCheck?

  /// The longest body of a request that is signed as a whole: DynamoDB's.
  private static let longestSigned = 16 << 20

  /// `origins` are those of pages that may use the services beside the ones of this machine.
  package init(
    _ services: [EmulatedService], fallback: EmulatedService? = nil,
    signatures: SignatureCheck? = nil, origins: [String] = []
  ) {
    self.services = services + (fallback.map { [$0] } ?? [])
    self.fallback = fallback
    self.signatures = signatures
    guardian = LoopbackGuard(origins: origins)
    browsers = BrowserAccess(guardian: guardian)
    var byName: [String: EmulatedService] = [:]
    for service in self.services {
      for name in service.signingNames { byName[name] = service }
    }
    bySigningName = byName
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    if let refusal = guardian.refusal(of: request) { return refusal }
    if let refusal = guardian.foreignPage(request), await !isAdmitted(request) { return refusal }
    if let origin = browsers.origin(of: request) {
      if let preflight = browsers.preflight(request, origin) { return preflight }
      return browsers.marked(await serve(request), origin)
    }
    return await serve(request)
  }

  /// Whether the service that a page of another site asks for lets it in.
  private func isAdmitted(_ request: HTTPRequest) async -> Bool {
    guard case .service(let service) = route(request, request.path), let admits = service.admits
    else { return false }
    return await admits(request)
  }

  private func serve(_ request: HTTPRequest) async -> HTTPResponse {
    let path = request.path
    if path.hasPrefix("/_martlet/") {
      guard let service = services.first(where: { $0.matches(request) }) else {
        return own(request, path)
      }
      return await service.answer(request)
    }
    switch route(request, path) {
    case .service(let service): return await answer(request, service)
    case .unknown(let name): return unknown(name)
    }
  }

  /// Lets the service answer once the signature was looked at.
  private func answer(_ request: HTTPRequest, _ service: EmulatedService) async -> HTTPResponse {
    guard let family = service.family else { return await service.answer(request) }
    guard let signatures else {
      // DynamoDB looks itself, behind its check of the operation.
      guard family == .json, service.name != "dynamodb", !SignatureScope.isSigned(request) else {
        return await service.answer(request)
      }
      return refusal(.missing, family, request, service, now: 0)
    }
    // The few operations of STS that need no signature.
    if family == .query, !SignatureScope.isSigned(request), service.matches(request) {
      return await service.answer(request)
    }
    let isQuery = family == .json && !request.headers.contains("X-Amz-Target")
    if isQuery, request.method == "GET", !SignatureScope.isSigned(request),
      service.name == "dynamodb"
    {
      return await service.answer(request)  // its health page
    }
    guard let bytes = try? await request.body.collect(upTo: Self.longestSigned) else {
      return HTTPResponse(status: 413)
    }
    do throws(SignatureFailure) {
      try signatures.verify(
        request, services: service.signingNames, body: bytes,
        clockSkew: SignatureRefusal.clockSkew)
    } catch {
      return refusal(error, isQuery ? .query : family, request, service, now: signatures.time)
    }
    var request = request
    request.body = RequestBody(bytes)
    return await service.answer(request)
  }

  private func refusal(
    _ failure: SignatureFailure, _ family: ErrorFamily, _ request: HTTPRequest,
    _ service: EmulatedService, now: Int
  ) -> HTTPResponse {
    SignatureRefusal(
      failure, of: request, service: service.signingNames.first ?? service.name, now: now
    ).response(family, of: request, isDynamoDB: service.name == "dynamodb")
  }

  private enum Route {
    case service(EmulatedService)
    case unknown(String)
  }

  private func route(_ request: HTTPRequest, _ path: String) -> Route {
    if let scope = SignatureScope.service(of: request) {
      // Signed for one service and meant for another: the one that is meant refuses it.
      if signatures != nil, let meant = meant(request), !meant.signingNames.contains(scope) {
        return .service(meant)
      }
      if let service = bySigningName[scope] { return .service(service) }
      return .unknown(scope)
    }
    if let target = request.headers["X-Amz-Target"] {
      return meant(request).map { .service($0) } ?? .unknown(target)
    }
    let service =
      services.first { $0.paths.contains { Self.begins(path, with: $0) } }
      ?? services.first { $0.matches(request) } ?? fallback
    return service.map { .service($0) } ?? .unknown(path)
  }

  /// The service that the target header names.
  private func meant(_ request: HTTPRequest) -> EmulatedService? {
    guard let target = request.headers["X-Amz-Target"] else { return nil }
    return services.first { $0.targets.contains { target.hasPrefix($0) } }
  }

  /// Whether a path is `prefix` or lies below it.
  private static func begins(_ path: String, with prefix: String) -> Bool {
    guard path.hasPrefix(prefix) else { return false }
    let rest = path.dropFirst(prefix.count)
    return rest.isEmpty || rest.first == "/" || prefix.last == "/"
  }

  private func own(_ request: HTTPRequest, _ path: String) -> HTTPResponse {
    guard path == "/_martlet/health", request.method == "GET" || request.method == "HEAD" else {
      return HTTPResponse(status: 404, text: "martlet has no page \(path)\n")
    }
    let names = services.map { "\"\($0.name)\":\"available\"" }.joined(separator: ",")
    return HTTPResponse(
      status: 200, text: "{\"status\":\"healthy\",\"services\":{\(names)}}",
      type: "application/json")
  }

  /// An explicit error in a form that every SDK shows. Not 5xx, which they would try again.
  private func unknown(_ name: String) -> HTTPResponse {
    var text = "martlet has no service for '\(name)'; it has: "
    text += services.map(\.name).joined(separator: ", ")
    let escaped = text.unicodeScalars.map { scalar in
      scalar == "\"" || scalar == "\\" || scalar.value < 0x20 ? "?" : String(scalar)
    }
    return HTTPResponse(
      status: 400,
      text: "{\"__type\":\"UnknownServiceException\",\"message\":\"\(escaped.joined())\"}",
      type: "application/json", headers: ["x-amzn-ErrorType": "UnknownServiceException"])
  }
}
