import Server
import Testing

@testable import Services

@Suite struct RouterTests {
  private func service(
    _ name: String, _ signing: [String], _ targets: [String] = [], _ paths: [String] = []
  ) -> EmulatedService {
    EmulatedService(name: name, signingNames: signing, targets: targets, paths: paths) { _ in
      HTTPResponse(status: 200, text: name)
    }
  }

  private var router: ServiceRouter {
    ServiceRouter(
      [
        service("dynamodb", ["dynamodb"], ["DynamoDB_", "DynamoDBStreams_"]),
        service("secretsmanager", ["secretsmanager"], ["secretsmanager."]),
        service("openai", [], [], ["/openai"]),
        service("lambda", ["lambda"], [], ["/2015-03-31/functions"]),
      ], fallback: service("s3", ["s3"]))
  }

  private func answer(
    _ method: String = "GET", _ target: String = "/", _ headers: HTTPHeaders = [:]
  ) async -> (status: Int, text: String) {
    let response = await router.answer(
      HTTPRequest(method: method, target: target, headers: headers))
    guard case .bytes(let bytes) = response.body else { return (response.status, "") }
    return (response.status, String(decoding: bytes, as: UTF8.self))
  }

  private func signed(_ service: String, key: String = "AKID") -> String {
    "AWS4-HMAC-SHA256 Credential=\(key)/20260101/eu-west-1/\(service)/aws4_request, "
      + "SignedHeaders=host, Signature=00"
  }

  @Test func `the scope of a signature comes first`() async {
    for name in ["dynamodb", "s3", "lambda"] {
      #expect(await answer("POST", "/openai", ["Authorization": signed(name)]).text == name)
    }
    #expect(
      await answer(
        "POST", "/", ["Authorization": signed("dynamodb"), "X-Amz-Target": "secretsmanager.Get"]
      ).text == "dynamodb")
    #expect(await answer("POST", "/", ["Authorization": signed("s3", key: "a/b/c")]).text == "s3")
  }

  @Test func `a signature in the query counts, its slashes encoded or not`() async {
    let encoded = "/b/k?X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Flambda%2Faws4_request&a=b"
    #expect(await answer("GET", encoded).text == "lambda")
    let plain = "/b/k?X-Amz-Credential=AKID/20260101/us-east-1/lambda/aws4_request"
    #expect(await answer("GET", plain).text == "lambda")
  }

  @Test func `without a signature target, path and fallback decide`() async {
    #expect(
      await answer("POST", "/", ["X-Amz-Target": "DynamoDBStreams_20120810.ListStreams"]).text
        == "dynamodb")
    #expect(await answer("POST", "/openai/v1/chat/completions").text == "openai")
    #expect(await answer("GET", "/openaiother/key").text == "s3")
    #expect(await answer("POST", "/2015-03-31/functions/f/invocations").text == "lambda")
    #expect(await answer("GET", "/bucket/key").text == "s3")
  }

  @Test func `an unknown service is named in an explicit error`() async {
    let scope = await answer("POST", "/", ["Authorization": signed("braket")])
    #expect(scope.status == 400)
    #expect(scope.text.contains("no service for 'braket'"))
    let target = await answer("POST", "/", ["X-Amz-Target": "Foo\".Bar"])
    #expect(target.status == 400)
    #expect(target.text.contains("no service for 'Foo?.Bar'"))
  }

  @Test(arguments: [
    "127.0.0.1:4566", "127.0.0.1", "localhost:1", "LOCALHOST", "bucket.s3.localhost:4566",
    "[::1]:4566", "127.1.2.3",
  ])
  func `names of this machine are served`(_ host: String) async {
    #expect(await answer("GET", "/b/k", ["Host": host]).status == 200)
    #expect(await answer("GET", "/b/k", ["Origin": "http://" + host]).status == 200)
  }

  @Test(arguments: [
    "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evillocalhost", "[::2]",
    "169.254.169.254", "127.0.0", "",
  ])
  func `foreign hosts and origins are refused`(_ host: String) async {
    #expect(await answer("GET", "/b/k", ["Host": host]).status == 403)
    #expect(await answer("GET", "/b/k", ["Origin": "http://" + host]).status == 403)
  }

  @Test func `a page without an origin of its own is foreign`() async {
    #expect(await answer("GET", "/b/k", ["Origin": "null"]).status == 403)
    #expect(await answer("GET", "/b/k", ["Origin": "file://localhost"]).status == 403)
  }

  @Test func `health names the services, other pages of ours do not exist`() async {
    let health = await answer("GET", "/_martlet/health")
    #expect(health.status == 200)
    #expect(health.text.contains("\"dynamodb\":\"available\""))
    #expect(await answer("GET", "/_martlet/other").status == 404)
  }
}
