import CCurl

/// How a client behaves.
package struct HTTPClientConfiguration: Sendable {
  package var trust = TrustStore()
  /// Connections open at once, and kept for the next request. Further requests wait for one.
  package var connections = 64
  /// Bytes of a streamed answer that may wait to be read.
  package var streamBuffer = 256 << 10

  package init() {}

  package init(environment: [String: String]) {
    trust = TrustStore(environment: environment)
  }
}

/// Sends HTTP/1.1 requests and keeps connections for the next ones.
///
/// All transfers run on one thread around one libcurl multi handle; it starts with the first request
/// and ends with the client. Certificates are verified, redirects are not followed, proxies are not
/// used. Callers wait in continuations: any executor will do, and ``executor`` is the fastest.
package final class HTTPClient: Sendable {
  private let driver: TransferDriver

  package init(_ configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
    driver = TransferDriver(configuration)
  }

  deinit { driver.stop() }

  /// Runs tasks on the thread of the transfers. For work that mostly waits for them: while a task
  /// computes, transfers wait.
  package var executor: any TaskExecutor { driver }

  /// Starts loading libcurl on a thread of its own, so that the first request does not wait for it.
  package static func warmUp() { martlet_curl_warm_up() }

  /// Sends a request and reads the whole answer, whatever its status.
  package func send(
    _ request: ClientRequest, deadline: ContinuousClock.Instant
  ) async throws(NetworkError) -> ClientResponse {
    let transfer = try Transfer(request, deadline: deadline, driver: driver, isStreamed: false)
    return try await run(transfer, request.body) { transfer throws(NetworkError) in
      let head = try await transfer.whole()
      return ClientResponse(status: head.status, headers: head.headers, body: head.body)
    }
  }

  /// Sends a request and returns as soon as the answer's head is there.
  package func stream(
    _ request: ClientRequest, deadline: ContinuousClock.Instant
  ) async throws(NetworkError) -> StreamedResponse {
    let transfer = try Transfer(request, deadline: deadline, driver: driver, isStreamed: true)
    return try await run(transfer, request.body) { transfer throws(NetworkError) in
      let head = try await transfer.head()
      return StreamedResponse(
        status: head.status, headers: head.headers, body: ResponseBody(transfer))
    }
  }

  private func run<Response: Sendable>(
    _ transfer: Transfer, _ body: ClientBody,
    _ answer: @Sendable (Transfer) async throws(NetworkError) -> Response
  ) async throws(NetworkError) -> Response {
    driver.start(transfer)
    guard case .stream(_, let next) = body else { return try await answer(transfer) }
    let result = await withTaskGroup(of: Void.self, returning: Result<Response, NetworkError>.self)
    {
      group in
      group.addTask { await transfer.upload(next) }
      let result: Result<Response, NetworkError>
      do throws(NetworkError) {
        result = .success(try await answer(transfer))
      } catch {
        result = .failure(error)
      }
      group.cancelAll()
      return result
    }
    return try result.get()
  }
}
