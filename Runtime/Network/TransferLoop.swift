import CCurl

/// libcurl's multi handle with its transfers; belongs to the driver's thread alone.
final class TransferLoop {
  /// A transfer with what libcurl reads while it runs.
  private final class Running {
    let transfer: Transfer
    let easy: UnsafeMutableRawPointer
    // The loop ends all transfers before it goes.
    unowned let loop: TransferLoop
    /// Something has come since the last wake-up.
    var isTouched = false
    /// Bytes of its streamed body have come in this round.
    var isFed = false
    var headers: UnsafeMutablePointer<curl_slist>?
    var address: UnsafeMutablePointer<curl_slist>?
    let detail = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init(_ transfer: Transfer, _ easy: UnsafeMutableRawPointer, _ loop: TransferLoop) {
      self.transfer = transfer
      self.easy = easy
      self.loop = loop
      detail.pointee = 0
    }

    deinit {
      martlet_list_free(headers)
      martlet_list_free(address)
      detail.deallocate()
    }

    func touch() {
      guard !isTouched else { return }
      isTouched = true
      loop.touched.append(self)
    }

    func feed() {
      guard transfer.isStreamed, !isFed else { return }
      isFed = true
      loop.fed.append(self)
    }
  }

  let multi: UnsafeMutableRawPointer
  private let configuration: HTTPClientConfiguration
  private lazy var certificates = configuration.trust.folder()
  private var running: [UnsafeMutableRawPointer: Running] = [:]
  /// Where a transfer runs; those that have ended are not here.
  private var handles: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]
  private var idle: [UnsafeMutableRawPointer] = []
  /// Those for which something has come in this round: they wake once, however much it was.
  private var touched: [Running] = []
  /// Streamed answers of which a piece has come, since they last rested.
  private var fed: [Running] = []
  private var resting: [Running] = []
  /// No transfer can be silent too long before this.
  private var nextSweep: ContinuousClock.Instant?

  init?(_ configuration: HTTPClientConfiguration) {
    guard let multi = martlet_multi_init() else { return nil }
    self.multi = multi
    self.configuration = configuration
    martlet_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.connections)
    martlet_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.connections)
  }

  func start(_ transfer: Transfer) {
    guard let easy = idle.popLast() ?? martlet_easy_init() else {
      transfer.finish(.failed(.unavailable("no memory for a transfer")))
      return
    }
    let entry = Running(transfer, easy, self)
    do throws(NetworkError) {
      try configure(entry)
    } catch {
      transfer.finish(.failed(error))
      recycle(easy)
      return
    }
    running[easy] = entry
    handles[ObjectIdentifier(transfer)] = easy
    plan(transfer)
    guard martlet_multi_add(multi, easy) == CURLM_OK else {
      end(easy, .failed(.unavailable("libcurl takes no transfer")))
      return
    }
  }

  func resume(_ transfer: Transfer) {
    guard let easy = handles[ObjectIdentifier(transfer)] else { return }
    plan(transfer)
    martlet_easy_resume(easy)
  }

  func cancel(_ transfer: Transfer) {
    guard let easy = handles[ObjectIdentifier(transfer)] else { return }
    end(easy, .failed(.cancelled))
  }

  /// Whether a piece of a streamed answer has come: the next may be taken a little later.
  var hasFed: Bool { !fed.isEmpty }

  /// Forgets which streams have had a piece. When `resting`, no more is taken of them until
  /// ``resumeStreams()``.
  func noteFed(resting isResting: Bool) {
    for entry in fed {
      entry.isFed = false
      guard isResting, running[entry.easy] === entry else { continue }
      martlet_easy_rest(entry.easy)
      resting.append(entry)
    }
    fed.removeAll(keepingCapacity: true)
  }

  func resumeStreams() {
    for entry in resting where running[entry.easy] === entry { martlet_easy_resume(entry.easy) }
    resting.removeAll(keepingCapacity: true)
  }

  /// Does what can be done without waiting.
  func perform() {
    martlet_multi_perform(multi)
    var code = CURLE_OK
    while let easy = martlet_multi_next_ended(multi, &code) {
      guard let entry = running[easy] else { continue }
      end(easy, result(of: entry, code))
    }
    for entry in touched {
      entry.isTouched = false
      entry.transfer.wake()
    }
    touched.removeAll(keepingCapacity: true)
    sweep()
  }

  /// Waits for something to do, at the most until `moment` or until the next transfer may have been
  /// silent too long.
  func wait(until moment: ContinuousClock.Instant?) {
    var milliseconds = 1_000
    let first = nextSweep.map { min($0, moment ?? $0) } ?? moment
    if let first {
      let left = first - .now
      milliseconds = min(max(Int(left / .milliseconds(1)) + 1, 0), milliseconds)
    }
    martlet_multi_poll(multi, Int32(milliseconds))
  }

  /// Ends everything. The loop is spent afterwards.
  func end() {
    for easy in Array(running.keys) { end(easy, .failed(.cancelled)) }
    for easy in idle { martlet_easy_cleanup(easy) }
    idle = []
    martlet_multi_cleanup(multi)
  }

  private func sweep() {
    guard let due = nextSweep, due <= .now else { return }
    nextSweep = nil
    for (easy, entry) in running {
      guard let silent = entry.transfer.silentFrom else { continue }
      if silent <= .now {
        end(easy, .failed(.idle(received: entry.transfer.received)))
      } else {
        plan(entry.transfer)
      }
    }
  }

  /// Sees to it that the sweep comes in time for a transfer. The answer's first byte may bring its
  /// time forward, to the time allowed between bytes from then.
  private func plan(_ transfer: Transfer) {
    guard let silent = transfer.silentFrom else { return }
    let check = min(silent, .now + transfer.request.timeouts.idle)
    nextSweep = min(nextSweep ?? check, check)
  }

  private func end(_ easy: UnsafeMutableRawPointer, _ result: Transfer.End) {
    guard let entry = running.removeValue(forKey: easy) else { return }
    handles[ObjectIdentifier(entry.transfer)] = nil
    martlet_multi_remove(multi, easy)
    recycle(easy)
    entry.transfer.finish(result)
  }

  private func recycle(_ easy: UnsafeMutableRawPointer) {
    guard idle.count < configuration.connections else { return martlet_easy_cleanup(easy) }
    martlet_easy_reset(easy)
    idle.append(easy)
  }

  private func result(of entry: Running, _ code: CURLcode) -> Transfer.End {
    guard code != CURLE_OK else { return .complete }
    if let refusal = entry.transfer.refusal { return .failed(refusal) }
    var detail = String(cString: entry.detail)
    if detail.isEmpty { detail = String(cString: martlet_easy_text(code)) }
    return .failed(NetworkError(code, detail, entry.transfer))
  }

  // MARK: - Options

  private func configure(_ entry: Running) throws(NetworkError) {
    let easy = entry.easy
    let request = entry.transfer.request
    let user = Unmanaged.passUnretained(entry).toOpaque()
    martlet_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
    martlet_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    martlet_easy_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    martlet_easy_set_long(easy, CURLOPT_PATH_AS_IS, 1)
    martlet_easy_set_text(easy, CURLOPT_PROXY, "")
    // Named here, it is not looked for in the environment each time.
    martlet_easy_set_text(easy, CURLOPT_NOPROXY, "*")
    martlet_easy_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    if request.url.hasPrefix("https"), let certificates {
      martlet_easy_set_text(easy, CURLOPT_CAINFO, nil)
      martlet_easy_set_text(easy, CURLOPT_CAPATH, certificates)
    }
    martlet_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, entry.detail)
    martlet_easy_set_pointer(easy, CURLOPT_WRITEDATA, user)
    martlet_easy_set_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody)
    martlet_easy_set_pointer(easy, CURLOPT_HEADERDATA, user)
    martlet_easy_set_callback(easy, CURLOPT_HEADERFUNCTION, receiveLine)
    guard martlet_easy_set_text(easy, CURLOPT_URL, request.url) == CURLE_OK else {
      throw .invalidRequest("url")
    }
    let left = entry.transfer.deadline - .now
    guard left > .milliseconds(1) else { throw .deadlineExceeded(received: 0) }
    martlet_easy_set_long(easy, CURLOPT_TIMEOUT_MS, TransferLoop.milliseconds(left))
    martlet_easy_set_long(
      easy, CURLOPT_CONNECTTIMEOUT_MS, TransferLoop.milliseconds(request.timeouts.connect))
    try setBody(entry, user)
    try setHeaders(entry)
  }

  private func setBody(_ entry: Running, _ user: UnsafeMutableRawPointer) throws(NetworkError) {
    let request = entry.transfer.request
    switch request.body {
    case .none where request.method == "HEAD": martlet_easy_set_long(entry.easy, CURLOPT_NOBODY, 1)
    case .none where request.method == "GET" || request.method == "DELETE":
      martlet_easy_set_long(entry.easy, CURLOPT_HTTPGET, 1)
    case .none: martlet_easy_set_body(entry.easy, "", 0)
    case .bytes(let bytes):
      guard martlet_easy_set_body(entry.easy, bytes, bytes.count) == CURLE_OK else {
        throw .unavailable("no memory for a body")
      }
    case .stream(let length, _):
      martlet_easy_set_long(entry.easy, CURLOPT_UPLOAD, 1)
      martlet_easy_set_offset(
        entry.easy, CURLOPT_INFILESIZE_LARGE, length.map { curl_off_t($0) } ?? -1)
      martlet_easy_set_pointer(entry.easy, CURLOPT_READDATA, user)
      martlet_easy_set_callback(entry.easy, CURLOPT_READFUNCTION, sendBody)
    }
    martlet_easy_set_text(entry.easy, CURLOPT_CUSTOMREQUEST, request.method)
  }

  private func setHeaders(_ entry: Running) throws(NetworkError) {
    let request = entry.transfer.request
    var line: [UInt8] = []
    line.reserveCapacity(512)
    func add(_ name: String, _ value: String?) throws(NetworkError) {
      line.removeAll(keepingCapacity: true)
      line.append(contentsOf: name.utf8)
      line.append(value == "" ? 0x3B : 0x3A)
      if let value, !value.isEmpty {
        line.append(0x20)
        line.append(contentsOf: value.utf8)
      }
      line.append(0)
      let list = line.withUnsafeBytes { bytes in
        martlet_list_append(entry.headers, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
      }
      guard let list else {
        throw .unavailable("no memory for a header")
      }
      entry.headers = list
    }
    // A name with nothing behind its colon keeps libcurl from adding that header itself.
    try add("Expect", nil)
    for name in ["Accept", "Content-Type"] where request.headers[name] == nil {
      try add(name, nil)
    }
    for (name, value) in request.headers.fields { try add(name, value) }
    martlet_easy_set_list(entry.easy, CURLOPT_HTTPHEADER, entry.headers)
    if let address = request.address {
      let isIPv6 = address.contains(":")
      entry.address = martlet_list_append(nil, "::" + (isIPv6 ? "[\(address)]" : address) + ":")
      guard entry.address != nil else { throw .unavailable("no memory for an address") }
      martlet_easy_set_list(entry.easy, CURLOPT_CONNECT_TO, entry.address)
    }
  }

  private static func milliseconds(_ duration: Duration) -> Int {
    min(max(Int(duration / .milliseconds(1)), 1), Int(Int32.max))
  }

  // MARK: - What libcurl calls

  private static func entry(_ user: UnsafeMutableRawPointer) -> Running {
    Unmanaged<Running>.fromOpaque(user).takeUnretainedValue()
  }

  private static func deliver(
    _ body: UnsafeRawBufferPointer, to user: UnsafeMutableRawPointer
  ) -> Int {
    let entry = entry(user)
    let limit = entry.loop.configuration.streamBuffer
    entry.touch()
    entry.feed()
    return switch entry.transfer.receive(body: body, bufferLimit: limit) {
    case .taken: body.count
    case .pause: Int(CURL_WRITEFUNC_PAUSE)
    case .refuse: 0
    }
  }

  private static func deliver(
    line: UnsafeRawBufferPointer, to user: UnsafeMutableRawPointer
  ) -> Int {
    let entry = entry(user)
    entry.touch()
    return entry.transfer.receive(line: line) == .taken ? line.count : 0
  }

  private static func fill(
    _ target: UnsafeMutableRawBufferPointer, from user: UnsafeMutableRawPointer
  ) -> Int {
    let transfer = entry(user).transfer
    transfer.noteUpload()
    return switch transfer.upload.take(into: target) {
    case .bytes(let count): count
    case .end: 0
    case .later: Int(CURL_READFUNC_PAUSE)
    case .failed: Int(CURL_READFUNC_ABORT)
    }
  }

  private let receiveBody: martlet_data_callback = { bytes, size, count, user in
    guard let user, size * count > 0 else { return 0 }
    return TransferLoop.deliver(UnsafeRawBufferPointer(start: bytes, count: size * count), to: user)
  }

  private let receiveLine: martlet_data_callback = { bytes, size, count, user in
    guard let user else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return TransferLoop.deliver(line: line, to: user)
  }

  private let sendBody: martlet_data_callback = { bytes, size, count, user in
    guard let user else { return 0 }
    return TransferLoop.fill(
      UnsafeMutableRawBufferPointer(start: bytes, count: size * count), from: user)
  }
}

extension NetworkError {
  /// What a code of libcurl means for the caller.
  fileprivate init(_ code: CURLcode, _ detail: String, _ transfer: Transfer) {
    switch code {
    case CURLE_URL_MALFORMAT: self = .invalidRequest("url: " + detail)
    case CURLE_COULDNT_RESOLVE_HOST: self = .unresolvableHost(detail)
    case CURLE_COULDNT_CONNECT: self = .refused(detail)
    case CURLE_OPERATION_TIMEDOUT where transfer.deadline - .milliseconds(5) <= .now:
      self = .deadlineExceeded(received: transfer.received)
    case CURLE_OPERATION_TIMEDOUT: self = .connectTimeout
    // Whoever went away during the handshake has refused no certificate.
    case CURLE_SSL_CONNECT_ERROR
    where detail.contains("SYSCALL") || detail.contains("unexpected eof"):
      self = .connectionLost(received: 0, detail: detail)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER:
      self = .untrusted(detail)
    // The scheme has been checked: this is "Received HTTP/0.9 when not allowed".
    case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_UNSUPPORTED_PROTOCOL:
      self = .malformedResponse(detail)
    case CURLE_OUT_OF_MEMORY: self = .unavailable(detail)
    default: self = .connectionLost(received: transfer.received, detail: detail)
    }
  }
}
