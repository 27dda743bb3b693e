import Crypto
import JSON
import Server

/// `InvokeWithResponseStream`: the response as AWS event-stream frames while it comes.
///
/// Source: Lambda API reference, "InvokeWithResponseStream"; Smithy, "Amazon Event Stream".
extension Functions {
  func invokeStreaming(_ part: String, _ request: HTTPRequest) async -> HTTPResponse {
    do {
      let name = try function(part, request)
      let event = try await event(of: request, limit: limits.event)
      var options = try options(of: request)
      let id = InvocationID(Crypto.RequestID.uuid())
      options.requestID = id
      return HTTPResponse(
        status: 200,
        headers: [
          "Content-Type": "application/vnd.amazon.eventstream", "x-amzn-RequestId": id.text,
          "X-Amz-Executed-Version": Report.version,
        ],
        body: .stream(length: nil) { [options] writer in
          try await self.stream(name, event, options, to: writer)
        })
    } catch {
      return InvokeAnswer.refusal(error)
    }
  }

  private func stream(
    _ name: String, _ event: [UInt8], _ options: InvocationOptions, to writer: ResponseWriter
  ) async throws {
    var completion: JSONValue = [:]
    do {
      let result = try await invoke(name, event, options) { part in
        guard case .bytes(let bytes) = part else { return }
        try await writer.write(Self.frame("PayloadChunk", "application/octet-stream", bytes))
      }
      if result.isFunctionError {
        let text = String(decoding: result.payload, as: UTF8.self)
        completion["ErrorCode"] = "Unhandled"
        completion["ErrorDetails"] = .string(text)
      } else if !result.payload.isEmpty {
        let frame = Self.frame("PayloadChunk", "application/octet-stream", result.payload)
        try await writer.write(frame)
      }
    } catch let error as InvokeError {
      completion["ErrorCode"] = "ServiceException"
      completion["ErrorDetails"] = .string("\(error)")
    }
    try await writer.write(
      Self.frame("InvokeComplete", "application/json", completion.encoded()))
  }

  /// One message: lengths, CRC of both, headers, payload, CRC of everything.
  static func frame(_ event: String, _ type: String, _ payload: [UInt8]) -> [UInt8] {
    var headers: [UInt8] = []
    for (name, value) in [
      (":event-type", event), (":content-type", type), (":message-type", "event"),
    ] {
      headers.append(UInt8(name.utf8.count))
      headers.append(contentsOf: name.utf8)
      headers.append(7)  // a string
      headers.append(contentsOf: bigEndian(UInt16(value.utf8.count)))
      headers.append(contentsOf: value.utf8)
    }
    var message = bigEndian(UInt32(12 + headers.count + payload.count + 4))
    message += bigEndian(UInt32(headers.count))
    message += bigEndian(CRC32.checksum(message))
    message += headers
    message += payload
    message += bigEndian(CRC32.checksum(message))
    return message
  }

  private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
