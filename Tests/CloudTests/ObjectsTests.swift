import Cloud
import Glibc
import Support
import Testing

@Suite(.timeLimit(.minutes(3))) struct ObjectsTests {
  @Test func `reads an object, or learns that it is unchanged or absent`() async throws {
    let cloud = try FakeCloud { request, _ in
      switch request.target {
      case "/bucket/a%20b/../%E9%A3%9F%2B//c" where request.header("if-none-match") == "\"1\"":
        FakeAnswer(status: 304)
      case "/bucket/a%20b/../%E9%A3%9F%2B//c":
        FakeAnswer(headers: ["ETag": "\"1\"", "Content-Type": "text/plain"], body: "食")
      case "/bucket/absent":
        FakeAnswer(
          status: 404, body: "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>")
      default:
        FakeAnswer(
          status: 404, body: "<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>")
      }
    }
    let objects = Objects(cloud.client)
    let key = "a b/../食+//c"
    #expect(
      try await objects.get(key, from: "bucket")
        == .object(
          StoredObject(
            bytes: Array("食".utf8),
            details: ObjectDetails(eTag: "\"1\"", contentType: "text/plain", byteCount: 3))))
    #expect(try await objects.get(key, from: "bucket", unless: "\"1\"") == .unchanged)
    #expect(try await objects.get("absent", from: "bucket") == .absent)
    await #expect(
      throws: ObjectsError.failed(
        .service(code: "NoSuchBucket", message: "gone", status: 404))
    ) { try await objects.get("a", from: "other") }
    _ = try? await objects.get(key, from: "bucket", range: 3..<10)
    #expect(cloud.requests.last?.header("range") == "bytes=3-9")
  }

  @Test func `writes under a condition`() async throws {
    let cloud = try FakeCloud { request, _ in
      switch (request.header("if-none-match"), request.header("if-match")) {
      case ("*"?, _):
        FakeAnswer(status: 412, body: "<Error><Code>PreconditionFailed</Code></Error>")
      case (_, "\"gone\""?): FakeAnswer(status: 404, body: "<Error><Code>NoSuchKey</Code></Error>")
      default: FakeAnswer(headers: ["ETag": "\"2\""], body: "")
      }
    }
    let objects = Objects(cloud.client)
    #expect(try await objects.put([1, 2, 3], as: "k", in: "b", contentType: "a/b") == "\"2\"")
    #expect(cloud.requests[0].body == [1, 2, 3])
    #expect(cloud.requests[0].header("content-type") == "a/b")
    #expect(try await objects.put([], as: "k", in: "b", if: .matches("\"1\"")) == "\"2\"")
    for condition in [WriteCondition.absent, .matches("\"gone\"")] {
      await #expect(throws: ObjectsError.conditionFailed) {
        try await objects.put([1], as: "k", in: "b", if: condition)
      }
    }
  }

  @Test func `asks about an object and removes it`() async throws {
    let cloud = try FakeCloud { request, _ in
      switch (request.method, request.target) {
      case ("HEAD", "/b/k"): FakeAnswer(headers: ["ETag": "\"1\""])
      case ("DELETE", _): FakeAnswer(status: 204)
      default: FakeAnswer(status: 404)
      }
    }
    let objects = Objects(cloud.client)
    #expect(try await objects.head("k", in: "b")?.eTag == "\"1\"")
    #expect(try await objects.head("x", in: "b") == nil)
    try await objects.delete("k", from: "b")
  }
}

@Suite(.timeLimit(.minutes(3))) struct ConnectionSenderTests {
  @Test func `posts to a connection and says when it has gone`() async throws {
    let cloud = try FakeCloud { request, _ in
      switch (request.method, request.target) {
      case ("POST", "/@connections/L0SM9cOFvHcCIhw%3D"): .ok("")
      case ("POST", "/@connections/large"): FakeAnswer(status: 413)
      case ("GET", "/@connections/open"):
        .ok(
          #"{"connectedAt":"2026-01-01T00:00:00Z","lastActiveAt":"2026-01-01T00:00:01Z","identity":{"sourceIp":"127.0.0.1"}}"#
        )
      default: FakeAnswer(status: 410, headers: ["x-amzn-ErrorType": "GoneException"])
      }
    }
    let sender = ConnectionSender(cloud.client, domain: "d", stage: "prod")
    try await sender.post(Array("食べる".utf8), to: "L0SM9cOFvHcCIhw=")
    #expect(cloud.requests[0].text == "食べる")
    await #expect(throws: ConnectionError.gone) { try await sender.post([1], to: "x/../y") }
    #expect(cloud.requests[1].target == "/@connections/x%2F..%2Fy")
    await #expect(throws: ConnectionError.tooLarge) { try await sender.post([1], to: "large") }
    try await sender.disconnect("gone")
    let details = try await sender.details(of: "open")
    #expect(details.connectedAt == "2026-01-01T00:00:00Z" && details.sourceAddress == "127.0.0.1")
    await #expect(throws: ConnectionError.gone) { try await sender.details(of: "gone") }
  }
}

@Suite(.timeLimit(.minutes(3))) struct InvokerTests {
  @Test func `invokes at once or later`() async throws {
    let cloud = try FakeCloud { request, _ in
      guard request.target == "/2015-03-31/functions/chat/invocations" else {
        return FakeAnswer(
          status: 404, headers: ["x-amzn-ErrorType": "ResourceNotFoundException:http://x"],
          body: #"{"Message":"no such function"}"#)
      }
      return request.header("x-amz-invocation-type") == "Event"
        ? FakeAnswer(status: 202)
        : FakeAnswer(headers: ["X-Amz-Function-Error": "Unhandled"], body: #"{"errorMessage":"x"}"#)
    }
    let invoker = Invoker(cloud.client)
    try await invoker.send(Array("{}".utf8), to: "chat")
    let answer = try await invoker.call("chat", Array("{}".utf8))
    #expect(answer.functionError == "Unhandled" && answer.payload.count == 20)
    await #expect(
      throws: CloudError.service(
        code: "ResourceNotFoundException", message: "no such function", status: 404)
    ) { try await invoker.send([], to: "a/b") }
  }
}

@Suite(.timeLimit(.minutes(3))) struct SecretsTests {
  @Test func `keeps a value while it lives`() async throws {
    let cloud = try FakeCloud { _, number in .ok(#"{"SecretString":"value-\#(number)"}"#) }
    let secrets = Secrets(cloud.client)
    #expect(try await secrets.value(of: "key").text == "value-0")
    #expect(try await secrets.value(of: "key").text == "value-0")
    #expect(try await secrets.value(of: "key", isFresh: true).text == "value-1")
    #expect(try await secrets.value(of: "other").text == "value-2")
    #expect(cloud.requests[0].header("x-amz-target") == "secretsmanager.GetSecretValue")
    #expect(cloud.requests[0].text == #"{"SecretId":"key"}"#)
    let impatient = Secrets(cloud.client, life: .zero)
    #expect(try await impatient.value(of: "key").text == "value-3")
    #expect(try await impatient.value(of: "key").text == "value-4")
  }

  @Test func `many askers share one request`() async throws {
    let cloud = try FakeCloud { _, number in
      usleep(50_000)
      return .ok(#"{"SecretBinary":"AAH/"}"#)
    }
    let secrets = Secrets(cloud.client)
    try await withThrowingTaskGroup(of: Secret.self) { group in
      for _ in 0..<20 { group.addTask { try await secrets.value(of: "key") } }
      for try await secret in group { #expect(secret.bytes == [0, 1, 255]) }
    }
    #expect(cloud.requests.count == 1)
  }

  @Test func `gives out the last good value while the service fails`() async throws {
    let cloud = try FakeCloud { _, number in
      number == 0
        ? .ok(#"{"SecretString":"good"}"#)
        : FakeAnswer(status: 400, body: #"{"__type":"AccessDeniedException","Message":"no"}"#)
    }
    let secrets = Secrets(cloud.client, life: .zero)
    #expect(try await secrets.value(of: "key").text == "good")
    #expect(try await secrets.value(of: "key").text == "good")
    let denied = CloudError.service(code: "AccessDeniedException", message: "no", status: 400)
    await #expect(throws: denied) { try await secrets.value(of: "key", isFresh: true) }
    let strict = Secrets(cloud.client, life: .zero, longestLife: .zero)
    await #expect(throws: denied) { try await strict.value(of: "key") }
  }

  @Test func `a printed secret shows nothing`() {
    let secret = Secret(bytes: Array("hush".utf8))
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!"\(secret) \(String(reflecting: [secret])) \(dumped)".contains("hush"))
    #expect(!"\(secret) \(dumped)".contains("104"))
  }
}
