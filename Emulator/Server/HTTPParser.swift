import CLLHTTP

/// One request after the other out of a connection's bytes: llhttp in strict mode, and around it
/// the limits and rules that llhttp leaves to its user (see `design/gateway.md`, pitfalls 2-4).
final class HTTPParser {
  private let parser = UnsafeMutablePointer<llhttp_t>.allocate(capacity: 1)
  private let limits: HTTPLimits

  private(set) var target: [UInt8] = []
  private(set) var headers = HTTPHeaders()
  private(set) var trailers = HTTPHeaders()
  private(set) var body: [UInt8] = []
  private(set) var refusal: HTTPRefusal?
  private(set) var hasBegun = false
  private(set) var hasHead = false
  private(set) var isComplete = false
  private(set) var keepsAlive = false
  /// Set by the connection once the body's own deadline runs.
  var bodyIsTimed = false
  private var bodyCount = 0
  private var extensionCount = 0
  private var lineStart = 0
  private var valueStart: Int?
  /// Where in the connection's bytes the value read so far ends.
  private var valueEnd = 0
  private var base: UnsafePointer<UInt8>?
  private var offset = 0

  init(_ limits: HTTPLimits) {
    self.limits = limits
    parser.initialize(to: llhttp_t())
    llhttp_init(parser, HTTP_REQUEST, ParserCallbacks.settings)
    parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    parser.deallocate()
  }

  var method: String {
    let name = llhttp_method_name(llhttp_method_t(rawValue: UInt32(llhttp_get_method(parser))))
    return name.map { String(cString: $0) } ?? ""
  }

  var isHead: Bool { llhttp_get_method(parser) == UInt8(HTTP_HEAD.rawValue) }
  var isGet: Bool { llhttp_get_method(parser) == UInt8(HTTP_GET.rawValue) }
  var version: HTTPVersion { llhttp_get_http_minor(parser) == 0 ? .http10 : .http11 }
  var isChunked: Bool { parser.pointee.flags & UInt16(F_CHUNKED.rawValue) != 0 }

  /// The body's declared length; nil when it comes in chunks.
  private(set) var length: Int? = 0

  /// Parses until the end of one request; returns how many bytes were its own.
  func parse(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard refusal == nil, let base = bytes.baseAddress else { return 0 }
    let start = base.assumingMemoryBound(to: CChar.self)
    self.base = base.assumingMemoryBound(to: UInt8.self)
    defer { offset += bytes.count }
    let code = llhttp_execute(parser, start, bytes.count)
    if code == HPE_OK { return bytes.count }
    if code == HPE_PAUSED, isComplete {
      return llhttp_get_error_pos(parser) - start
    }
    if refusal == nil { refusal = Self.refusal(for: code, parser) }
    return bytes.count
  }

  /// Makes ready for the next request.
  func reset() {
    llhttp_reset(parser)
    target.removeAll(keepingCapacity: true)
    headers = HTTPHeaders()
    if !trailers.isEmpty { trailers = HTTPHeaders() }
    body = []
    hasBegun = false
    hasHead = false
    isComplete = false
    bodyIsTimed = false
    lineStart = 0
    valueStart = nil
    length = 0
    bodyCount = 0
    extensionCount = 0
  }

  /// Takes what has come of the body.
  func takeBody() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &body)
    return taken
  }

  private static func refusal(
    for code: llhttp_errno_t, _ parser: UnsafeMutablePointer<llhttp_t>
  ) -> HTTPRefusal {
    switch code {
    case HPE_INVALID_VERSION, HPE_PAUSED_H2_UPGRADE: .versionUnknown
    default:
      .malformed(llhttp_get_error_reason(parser).map { String(cString: $0) } ?? "not HTTP")
    }
  }
}

// MARK: - What llhttp reports

extension HTTPParser {
  fileprivate func began() {
    hasBegun = true
  }

  fileprivate func readTarget(_ part: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard target.count + part.count <= limits.target else { return refuse(.targetTooLong) }
    target.append(contentsOf: part)
    return 0
  }

  fileprivate func readName(_ part: UnsafeBufferPointer<UInt8>) -> Int32 {
    extend(part)
  }

  fileprivate func readValue(_ part: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard let start = part.baseAddress, let base else { return 0 }
    let position = offset + (start - base)
    // A value that goes on elsewhere was folded over two lines (RFC 9112 §5.2).
    guard valueStart == nil || position == valueEnd else {
      return refuse(.malformed("a header folded over two lines"))
    }
    if valueStart == nil { valueStart = count }
    valueEnd = position + part.count
    return extend(part)
  }

  fileprivate func endField() -> Int32 {
    let value = valueStart ?? count
    guard value > lineStart else { return refuse(.malformed("a header without a name")) }
    if hasHead {
      trailers.endField(name: lineStart, value: value)
    } else {
      headers.endField(name: lineStart, value: value)
    }
    valueStart = nil
    lineStart = count
    guard headers.count + trailers.count <= limits.headerCount else {
      return refuse(.headersTooLong)
    }
    return 0
  }

  private var count: Int { hasHead ? trailers.byteCount : headers.byteCount }

  private func extend(_ part: UnsafeBufferPointer<UInt8>) -> Int32 {
    let total = headers.byteCount + trailers.byteCount + part.count
    guard total <= limits.headers else { return refuse(.headersTooLong) }
    if hasHead { trailers.extend(part) } else { headers.extend(part) }
    return 0
  }

  fileprivate func endHead() -> Int32 {
    parser.pointee.upgrade = 0
    if let refusal = HeadRules.refusal(of: self) { return refuse(refusal) }
    length = isChunked ? nil : Int(clamping: parser.pointee.content_length)
    guard length ?? 0 <= limits.body else { return refuse(.bodyTooLong) }
    keepsAlive = llhttp_should_keep_alive(parser) == 1
    hasHead = true
    lineStart = 0
    return 0
  }

  var versionNumber: (major: UInt8, minor: UInt8) {
    (llhttp_get_http_major(parser), llhttp_get_http_minor(parser))
  }

  fileprivate func readBody(_ part: UnsafeBufferPointer<UInt8>) -> Int32 {
    bodyCount += part.count
    guard bodyCount <= limits.body else { return refuse(.bodyTooLong) }
    body.append(contentsOf: part)
    return 0
  }

  /// Chunk extensions mean nothing to us, but a peer could send them for ever.
  fileprivate func readExtension(_ part: UnsafeBufferPointer<UInt8>) -> Int32 {
    extensionCount += part.count
    return extensionCount <= limits.headers ? 0 : refuse(.headersTooLong)
  }

  fileprivate func end() -> Int32 {
    isComplete = true
    lineStart = 0
    return Int32(HPE_PAUSED.rawValue)
  }

  private func refuse(_ refusal: HTTPRefusal) -> Int32 {
    self.refusal = refusal
    return -1
  }
}

/// The C functions that llhttp calls, each handing on to the parser in `data`.
private enum ParserCallbacks {
  // Written once, before its first use, and only read by llhttp afterwards.
  nonisolated(unsafe) static let settings: UnsafePointer<llhttp_settings_t> = {
    let settings = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
    settings.initialize(to: llhttp_settings_t())
    llhttp_settings_init(settings)
    settings.pointee.on_message_begin = {
      ParserCallbacks.parser($0)?.began()
      return 0
    }
    settings.pointee.on_url = { ParserCallbacks.parser($0)?.readTarget(part($1, $2)) ?? -1 }
    settings.pointee.on_header_field = { ParserCallbacks.parser($0)?.readName(part($1, $2)) ?? -1 }
    settings.pointee.on_header_value = { ParserCallbacks.parser($0)?.readValue(part($1, $2)) ?? -1 }
    settings.pointee.on_header_value_complete = { ParserCallbacks.parser($0)?.endField() ?? -1 }
    settings.pointee.on_headers_complete = { ParserCallbacks.parser($0)?.endHead() ?? -1 }
    settings.pointee.on_body = { ParserCallbacks.parser($0)?.readBody(part($1, $2)) ?? -1 }
    settings.pointee.on_chunk_extension_name = {
      ParserCallbacks.parser($0)?.readExtension(part($1, $2)) ?? -1
    }
    settings.pointee.on_chunk_extension_value = {
      ParserCallbacks.parser($0)?.readExtension(part($1, $2)) ?? -1
    }
    settings.pointee.on_message_complete = { ParserCallbacks.parser($0)?.end() ?? -1 }
    return UnsafePointer(settings)
  }()

  static func parser(_ parser: UnsafeMutablePointer<llhttp_t>?) -> HTTPParser? {
    parser?.pointee.data.map { Unmanaged<HTTPParser>.fromOpaque($0).takeUnretainedValue() }
  }

  static func part(_ start: UnsafePointer<CChar>?, _ count: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(
      start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self), count: count)
  }
}
