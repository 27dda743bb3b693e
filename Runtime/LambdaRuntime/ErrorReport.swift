/// An error as the Runtime API is told about it.
///
/// Body and header: Lambda developer guide, "Invocation error". Lambda keeps a type that matches
/// `(Runtime|Function)\.[A-Z][a-zA-Z]+` and replaces any other, so every type here does.
struct ErrorReport: Sendable, Equatable {
  /// Longest message, in bytes of UTF-8.
  static let messageLimit = 32 * 1024

  /// Most frames that are reported.
  static let frameLimit = 50

  let type: String
  let message: String
  let frames: [StackFrame]

  init(type: String, message: String, frames: [StackFrame] = []) {
    self.frames = Array(frames.prefix(Self.frameLimit))
    self.type = Self.isValid(type) ? type : "Function.\(Self.word(type))"
    self.message =
      message.utf8.count <= Self.messageLimit
      ? message : String(decoding: message.utf8.prefix(Self.messageLimit), as: UTF8.self) + "…"
  }

  init(_ error: any Error) {
    if let known = error as? any FunctionError {
      self.init(type: known.errorType, message: known.errorMessage, frames: known.stackTrace)
    } else {
      self.init(type: "Function.\(Self.name(of: error))", message: String(describing: error))
    }
  }

  /// `{"errorMessage":…,"errorType":…,"stackTrace":[{"path":…,"line":…,"label":…}]}`
  var body: [UInt8] {
    var body: [UInt8] = []
    body += #"{"errorMessage":"#.utf8
    JSONText.append(message, to: &body)
    body += #","errorType":"#.utf8
    JSONText.append(type, to: &body)
    body += #","stackTrace":["#.utf8
    append(frames, to: &body) { JSONText.append($0, to: &$1) }
    body += "]}".utf8
    return body
  }

  /// What X-Ray shows about the error, as the value of an HTTP field.
  var traceCause: [UInt8] {
    var cause: [UInt8] = []
    cause += #"{"working_directory":"","exceptions":[{"message":"#.utf8
    JSONText.appendASCII(String(message.prefix(1024)), to: &cause)
    cause += #","type":"#.utf8
    JSONText.appendASCII(type, to: &cause)
    cause += #","stack":["#.utf8
    append(Array(frames.prefix(10)), to: &cause) {
      JSONText.appendASCII(String($0.prefix(256)), to: &$1)
    }
    cause += "]}],\"paths\":[".utf8
    if let path = frames.first?.path { JSONText.appendASCII(String(path.prefix(256)), to: &cause) }
    cause += "]}".utf8
    return cause
  }

  private func append(
    _ frames: [StackFrame], to output: inout [UInt8], text: (String, inout [UInt8]) -> Void
  ) {
    for (index, frame) in frames.enumerated() {
      output += (index > 0 ? #",{"path":"# : #"{"path":"#).utf8
      text(frame.path, &output)
      output += #","line":\#(frame.line),"label":"#.utf8
      text(frame.label, &output)
      output.append(UInt8(ascii: "}"))
    }
  }

  /// The name of an enum's case (`messageTooLong(limit: 5)` → `MessageTooLong`), else of the type.
  private static func name(of error: any Error) -> String {
    let typeName = word(String(describing: Swift.type(of: error)))
    guard Mirror(reflecting: error).displayStyle == .enum else { return typeName }
    if let label = Mirror(reflecting: error).children.first?.label { return word(label) }
    let text = String(describing: error)
    let isCase = !text.isEmpty && text.utf8.allSatisfy(isLetterOrDigit)
    return isCase ? word(text) : typeName
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isLetter(byte) || (0x30...0x39).contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte)
  }

  /// Letters only, a capital in front; `Error` when fewer than two are left.
  private static func word(_ text: String) -> String {
    let letters = text.utf8.filter(isLetter).prefix(100)
    guard let first = letters.first, letters.count >= 2 else { return "Error" }
    return String(decoding: [first & 0xDF] + letters.dropFirst(), as: UTF8.self)
  }

  private static func isValid(_ type: String) -> Bool {
    let parts = type.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts[0].elementsEqual("Runtime".utf8)
        || parts[0].elementsEqual("Function".utf8)
    else { return false }
    guard let first = parts[1].first, isCapital(first), parts[1].count >= 2 else { return false }
    return parts[1].allSatisfy(isLetter)
  }
}
