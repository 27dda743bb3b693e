import Crypto
import JSON
import Server

/// `InvokeWithResponseStream`: the response as AWS event-stream frames while it comes.
///
/// Source: Lambda API reference, "InvokeWithResponseStream"; Smithy, "Amazon Event Stream".
extension Functions {
  private static let octets = "application/octet-stream"

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
          "Content-Type": EventFrame.type, "x-amzn-RequestId": id.text,
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
        try await writer.write(EventFrame.event("PayloadChunk", type: Self.octets, bytes))
      }
      if result.isFunctionError {
        let text = String(decoding: result.payload, as: UTF8.self)
        completion["ErrorCode"] = "Unhandled"
        completion["ErrorDetails"] = .string(text)
      } else if !result.payload.isEmpty {
        let frame = EventFrame.event("PayloadChunk", type: Self.octets, result.payload)
        try await writer.write(frame)
      }
    } catch let error as InvokeError {
      completion["ErrorCode"] = "ServiceException"
      completion["ErrorDetails"] = .string("\(error)")
    }
    try await writer.write(
      EventFrame.event("InvokeComplete", type: "application/json", completion.encoded()))
  }
}
