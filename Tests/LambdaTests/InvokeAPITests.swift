import Crypto
import Glibc
import JSON
import Server
import Support
import Testing

@testable import Lambda

@Suite(.serialized) struct InvokeAPITests {
  @Test func `runs a function and answers as Lambda does`() async throws {
    try await withFunctions { functions, _ in
      let answer = await functions.post("/2015-03-31/functions/test/invocations", #"{"a":1}"#)
      #expect(answer.status == 200)
      #expect(answer.text == #"{"a":1}"#)
      #expect(answer.headers["X-Amz-Executed-Version"] == "$LATEST")
      #expect(answer.headers["X-Amz-Function-Error"] == nil)
      let failed = await functions.post(
        "/2015-03-31/functions/test/invocations", #"{"do":"error"}"#)
      #expect(failed.status == 200)
      #expect(failed.headers["X-Amz-Function-Error"] == "Unhandled")
    }
  }

  @Test(arguments: [
    "arn:aws:lambda:us-east-1:000000000000:function:test", "000000000000:function:test",
    "test:live", "test:$LATEST", "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Atest",
  ])
  func `knows a function by its names`(name: String) async throws {
    try await withFunctions { functions, _ in
      let answer = await functions.post("/2015-03-31/functions/\(name)/invocations", "")
      #expect(answer.text == "{}")
    }
  }

  @Test func `sends the log's tail when asked to`() async throws {
    try await withFunctions { functions, _ in
      let answer = await functions.post(
        "/2015-03-31/functions/test/invocations", #"{"do":"print","text":"hello"}"#,
        ["X-Amz-Log-Type": "Tail"])
      let log = try #require(answer.headers["X-Amz-Log-Result"].flatMap(Base64.standard.decode))
      let lines = String(decoding: log, as: UTF8.self).split(separator: "\n")
      #expect(lines.count == 4)
      #expect(lines[1] == "hello")
    }
  }

  @Test func `passes the client context on`() async throws {
    try await withFunctions { functions, _ in
      let context = Base64.standard.encode(Array(#"{ "client" : {"n":1} }"#.utf8))
      let answer = await functions.post(
        "/2015-03-31/functions/test/invocations", #"{"do":"headers"}"#,
        ["X-Amz-Client-Context": context, "X-Amzn-Trace-Id": "Root=1-a-b"])
      let headers = try JSONValue(parsing: answer.text)
      #expect(headers["Lambda-Runtime-Client-Context"]?.string == #"{"client":{"n":1}}"#)
      #expect(headers["Lambda-Runtime-Trace-Id"]?.string == "Root=1-a-b")
    }
  }

  @Test func `refuses with Lambda's statuses and names`() async throws {
    try await withFunctions(reservedConcurrency: 0) { functions, _ in
      let path = "/2015-03-31/functions/test/invocations"
      let large = "[\"" + String(repeating: "x", count: 6 * 1024 * 1024) + "\"]"
      let cases: [(String, String, HTTPHeaders, Int, String)] = [
        ("/2015-03-31/functions/none/invocations", "{}", [:], 404, "ResourceNotFoundException"),
        (path + "?Qualifier=7", "{}", [:], 404, "ResourceNotFoundException"),
        (path, "{", [:], 400, "InvalidRequestContentException"),
        (path, "{}", ["X-Amz-Invocation-Type": "Later"], 400, "InvalidParameterValueException"),
        (path, "{}", ["X-Amz-Log-Type": "All"], 400, "InvalidParameterValueException"),
        (path, "{}", ["X-Amz-Client-Context": "%"], 400, "InvalidParameterValueException"),
        (path, large, [:], 413, "RequestTooLargeException"),
        (path, "{}", [:], 429, "TooManyRequestsException"),
        ("/2015-03-31/functions/test/policy", "{}", [:], 404, "UnknownOperationException"),
      ]
      for (path, body, headers, status, name) in cases {
        let answer = await functions.post(path, body, headers)
        #expect(answer.status == status, "\(path) \(headers)")
        #expect(answer.headers["x-amzn-ErrorType"] == name, "\(path) \(headers)")
      }
      let missing = await functions.post("/2015-03-31/functions/none/invocations", "{}")
      #expect(
        missing.text == #"{"Type":"User","Message":"Function not found: "#
          + #"arn:aws:lambda:us-east-1:000000000000:function:none"}"#)
    }
  }

  @Test func `only checks on a dry run`() async throws {
    try await withFunctions { functions, _ in
      let answer = await functions.post(
        "/2015-03-31/functions/test/invocations", "{}", ["X-Amz-Invocation-Type": "DryRun"])
      #expect(answer.status == 204)
      #expect(await functions.status()[0].statistics.invocations == 0)
    }
  }

  @Test func `takes events for later and tries failing ones three times`() async throws {
    try await withFunctions(limits: .with { $0.asynchronousRetryDelay = .milliseconds(10) }) {
      functions, log in
      let path = "/2015-03-31/functions/test/invocations"
      let answer = await functions.post(
        path, #"{"do":"error"}"#, ["X-Amz-Invocation-Type": "Event"])
      #expect(answer.status == 202)
      #expect(answer.text.isEmpty)
      try await eventually { log.lines.contains { $0.hasSuffix("given up after 3 attempts") } }
      #expect(log.lines.count { $0.hasPrefix("START") } == 3)
      let ids = Set(log.all.compactMap(\.requestID))
      #expect(ids.map(\.text) == [answer.headers["x-amzn-RequestId"]])
    }
  }

  @Test func `holds asynchronous events to their size and number`() async throws {
    try await withFunctions(limits: .with { $0.asynchronousEvents = 1 }) { functions, _ in
      let path = "/2015-03-31/functions/test/invocations"
      let later: HTTPHeaders = ["X-Amz-Invocation-Type": "Event"]
      let large = "[\"" + String(repeating: "x", count: 1024 * 1024) + "\"]"
      #expect(await functions.post(path, large, later).status == 413)
      #expect(await functions.post(path, #"{"do":"sleep","seconds":1}"#, later).status == 202)
      #expect(await functions.post(path, "{}", later).status == 429)
    }
  }

  @Test func `gives a streamed response on as it comes`() async throws {
    try await withFunctions { functions, _ in
      let parts = RecordedParts()
      // The function goes on after its first part when this file is there.
      let mark = "/tmp/martlet-test-\(Crypto.RequestID.uuid())"
      defer { unlink(mark) }
      let event = #"{"do":"stream","parts":["one","two","three"],"wait":"\#(mark)"}"#
      let result = try await functions.invoke("test", Array(event.utf8)) { part in
        await parts.add(part)
        if case .bytes = part { close(creat(mark, 0o600)) }
      }
      #expect(result.outcome == .succeeded)
      #expect(await parts.all.first == .begins(contentType: "text/event-stream"))
      #expect(await parts.text == "onetwothree")
      let whole = try await functions.test(event)
      #expect(whole.text == "onetwothree")
    }
  }

  @Test func `reports the error that a stream ended with`() async throws {
    try await withFunctions { functions, _ in
      let body = Base64.standard.encode(Array(#"{"errorType":"Function.Broke"}"#.utf8))
      let event = #"""
        {"do":"stream","parts":["one"],"trailers":{"Lambda-Runtime-Function-Error-Type":
        "Function.Broke","Lambda-Runtime-Function-Error-Body":"\#(body)"}}
        """#
      let result = try await functions.test(event)
      #expect(result.outcome == .failed(errorType: "Function.Broke"))
      #expect(result.text == #"{"errorType":"Function.Broke"}"#)
    }
  }

  @Test func `frames an event stream as the service does`() {
    // From the Smithy test vectors' form: lengths, CRC of the prelude, headers, payload, CRC.
    let frame = EventFrame.event("PayloadChunk", type: "application/octet-stream", Array("hi".utf8))
    #expect(frame.count == Int(frame[3]))
    #expect(Array(frame[8..<12]) == bigEndian(CRC32.checksum(Array(frame[0..<8]))))
    #expect(Array(frame.suffix(4)) == bigEndian(CRC32.checksum(Array(frame.dropLast(4)))))
    #expect(Array(frame.dropLast(4).suffix(2)) == Array("hi".utf8))
  }

  @Test func `describes its functions`() async throws {
    try await withFunctions { functions, _ in
      let list = await functions.answer(
        HTTPRequest(method: "GET", target: "/2015-03-31/functions/"))
      let function = try JSONValue(parsing: list.text)["Functions"]?[0]
      #expect(function?["FunctionName"] == "test")
      #expect(function?["MemorySize"] == 128)
      let one = await functions.answer(
        HTTPRequest(method: "GET", target: "/2015-03-31/functions/test/configuration"))
      #expect(try JSONValue(parsing: one.text)["Handler"] == "test.handler")
    }
  }

  private func bigEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}

private actor RecordedParts {
  var all: [StreamPart] = []

  func add(_ part: StreamPart) { all.append(part) }

  var text: String {
    let bytes = all.flatMap { part in
      if case .bytes(let bytes) = part { bytes } else { [UInt8]() }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Functions {
  fileprivate func post(
    _ target: String, _ body: String, _ headers: HTTPHeaders = [:]
  ) async -> HTTPResponse {
    await answer(
      HTTPRequest(
        method: "POST", target: target, headers: headers, body: RequestBody(Array(body.utf8))))
  }
}

extension HTTPResponse {
  fileprivate var text: String {
    if case .bytes(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { "" }
  }
}
