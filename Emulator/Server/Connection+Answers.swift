/// Answers: from the handler to the bytes that are sent.
extension Connection {
  /// Answers a request that never reaches a handler; the connection ends with it.
  func refuse(_ refusal: HTTPRefusal) {
    lastExchange += 1
    let isHead = parser?.isHead ?? false
    exchange = Exchange(
      id: lastExchange, isHead: isHead, version: .http11, keepsAlive: false,
      inputIsComplete: false, inputFailure: .malformedBody)
    deadlines.read = .max
    let response = server.configuration.refusal?(refusal) ?? refusal.response
    if case .stream = response.body {
      respond(refusal.response, lastExchange)
    } else {
      respond(response, lastExchange)
    }
  }

  /// Sends an answer whose body is here.
  func respond(_ response: HTTPResponse, _ id: UInt64) {
    guard exchange?.id == id, phase == .http, exchange?.answer == .awaited else { return }
    let response = safe(response)
    let length: Int
    switch response.body {
    case .bytes(let bytes): length = bytes.count
    case .file(let file): length = file.length
    case .stream(let known, _): length = known ?? 0
    }
    let hasBody = begin(response, .length(length), isWhole: true)
    exchange?.answer = .sending
    if hasBody {
      switch response.body {
      case .bytes(let bytes) where bytes.count <= 65_536: append(bytes)
      case .bytes(let bytes): output.source = .bytes(bytes, from: 0)
      case .file(let file) where file.length > 0:
        output.source = .file(file, offset: file.offset, remaining: file.length)
      case .file, .stream: break
      }
    }
    pump()
  }

  /// Begins an answer that the handler writes; nil when there is nothing to write.
  func open(_ response: HTTPResponse, _ length: Int?, _ id: UInt64) -> ResponseWriter? {
    guard exchange?.id == id, phase == .http, exchange?.answer == .awaited else { return nil }
    guard response.headers.isSafe else {
      respond(HTTPRefusal.unsafeAnswer.response, id)
      return nil
    }
    let isOld = exchange?.version == .http10
    let framing: ResponseFraming = length.map { .length($0) } ?? (isOld ? .untilClose : .chunked)
    if framing == .untilClose { exchange?.keepsAlive = false }
    let hasBody = begin(response, framing, isWhole: false)
    exchange?.answer =
      hasBody ? .streaming(remaining: length, isChunked: framing == .chunked) : .sending
    pump()
    return hasBody ? ResponseWriter(connection: self, exchange: id) : nil
  }

  /// Writes the head; false when no body follows it.
  private func begin(
    _ response: HTTPResponse, _ framing: ResponseFraming, isWhole: Bool
  ) -> Bool {
    guard let current = exchange else { return false }
    if response.headers.list("Connection", contains: "close")
      || isWhole && !current.inputIsComplete || isStopping
    {
      exchange?.keepsAlive = false
    }
    let hasBody = ResponseHead.hasBody(response.status)
    let head = ResponseHead(
      status: response.status, headers: response.headers, framing: hasBody ? framing : .none,
      version: current.version, keepsAlive: exchange?.keepsAlive ?? false)
    let date = server.dateLine.bytes(at: loop.now)
    if tls == nil {
      head.write(to: &output.bytes, date: date)
    } else {
      var bytes: [UInt8] = []
      head.write(to: &bytes, date: date)
      append(bytes)
    }
    return hasBody && !current.isHead
  }

  /// The answer, or 500 when a header of it would break out of its line.
  private func safe(_ response: HTTPResponse) -> HTTPResponse {
    guard response.headers.isSafe, (200...599).contains(response.status) else {
      return HTTPRefusal.unsafeAnswer.response
    }
    return response
  }

  /// The answer is sent: on to the next request, or the end.
  func endExchange() {
    guard let current = exchange else { return }
    exchange = nil
    deadlines.gone = .max
    guard current.keepsAlive, current.inputIsComplete, !isStopping else {
      linger()
      return
    }
    parser?.reset()
    deadlines.read = loop.now + timeouts.idle
    resumeInput()
  }
}

// MARK: - Streams

extension Connection {
  func write(_ bytes: [UInt8], for id: UInt64) async throws {
    guard exchange?.id == id, phase == .http,
      case .streaming(let remaining, let isChunked) = exchange?.answer
    else { throw ServerError.disconnected }
    guard !bytes.isEmpty else { return }
    if let remaining {
      guard bytes.count <= remaining else {
        abort()
        throw ServerError.wrongLength
      }
      exchange?.answer = .streaming(remaining: remaining - bytes.count, isChunked: false)
    }
    if isChunked {
      appendChunk(bytes)
    } else {
      append(bytes)
    }
    pump()
    try await waitForOutput()
  }

  private func appendChunk(_ bytes: [UInt8]) {
    var chunk: [UInt8] = []
    chunk.reserveCapacity(bytes.count + 16)
    chunk.append(hexadecimal: bytes.count)
    chunk.append(contentsOf: "\r\n".utf8)
    chunk.append(contentsOf: bytes)
    chunk.append(contentsOf: "\r\n".utf8)
    append(chunk)
  }

  func setTrailers(_ trailers: HTTPHeaders, for id: UInt64) throws {
    guard exchange?.id == id else { throw ServerError.disconnected }
    guard trailers.isSafe else { throw ServerError.malformedBody }
    exchange?.trailers = trailers
  }

  func endStream(_ id: UInt64) {
    guard exchange?.id == id, phase == .http,
      case .streaming(let remaining, let isChunked) = exchange?.answer
    else { return }
    guard remaining ?? 0 == 0 else {
      abort()
      return
    }
    if isChunked {
      var end = Array("0\r\n".utf8)
      exchange?.trailers.write(to: &end)
      end.append(contentsOf: "\r\n".utf8)
      append(end)
    }
    exchange?.answer = .sending
    pump()
  }

  func abortStream(_ id: UInt64) {
    guard exchange?.id == id, case .streaming = exchange?.answer else { return }
    abort()
  }
}
