import Cloud
import Crypto
import JSON
import Network
import Support
import Synchronization

/// What a fake service answers.
struct FakeAnswer: Sendable {
  var status = 200
  var headers: [String: String] = [:]
  var body = ""

  static func ok(_ body: String = "{}") -> FakeAnswer { FakeAnswer(body: body) }

  /// A refusal as DynamoDB words it.
  static func refusal(_ code: String, _ message: String = "no", rest: String = "") -> FakeAnswer {
    FakeAnswer(
      status: 400,
      body: """
        {"__type":"com.amazonaws.dynamodb.v20120810#\(code)","message":"\(message)"\(rest)}
        """)
  }
}

/// An endpoint on the loopback that checks signatures and answers as a test says.
final class FakeCloud: Sendable {
  static let credentials = AWSCredentials(
    accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "session")

  let server: SocketServer
  private let http = HTTPClient()

  /// `answer` is called with the number of the request, from 0.
  init(_ answer: @escaping @Sendable (RawRequest, Int) -> FakeAnswer) throws {
    let count = Mutex(0)
    let log = Log()
    server = try SocketServer { connection in
      while let request = connection.request() {
        log.add(request)
        let number = count.withLock { count in
          defer { count += 1 }
          return count
        }
        let failure = FakeCloud.signatureFailure(of: request)
        let answer = failure.map { FakeAnswer(status: 403, body: $0) } ?? answer(request, number)
        connection.respond(answer.status, headers: answer.headers, answer.body)
      }
    }
    self.log = log
  }

  /// Always the same answer.
  convenience init(_ answer: FakeAnswer) throws {
    try self.init { _, _ in answer }
  }

  deinit { server.stop() }

  private final class Log: Sendable {
    private let requests = Mutex<[RawRequest]>([])
    func add(_ request: RawRequest) { requests.withLock { $0.append(request) } }
    var all: [RawRequest] { requests.withLock { $0 } }
  }

  private let log: Log

  var requests: [RawRequest] { log.all }

  /// The JSON bodies of the requests so far.
  var bodies: [JSONValue] {
    get throws { try log.all.map { try JSONValue(parsing: $0.body) } }
  }

  var client: CloudClient {
    let settings = CloudSettings(environment: [
      "AWS_ENDPOINT_URL": "http://127.0.0.1:\(server.port)/",
      "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
      "AWS_SESSION_TOKEN": "session", "AWS_REGION": "eu-central-1",
    ])
    var client = CloudClient(settings, http: http)
    client.retry.base = .milliseconds(1)
    return client
  }

  private static func signatureFailure(of request: RawRequest) -> String? {
    let path = request.target.prefix { $0 != "?" }
    let signed = SignableRequest(
      method: request.method, path: String(path),
      query: String(request.target.dropFirst(path.count + 1)), headers: request.headers)
    do {
      try RequestVerification().verify(
        signed, body: request.body, credentials: credentials,
        now: Int(WallClock.milliseconds() / 1_000))
      return nil
    } catch {
      return "\(error)"
    }
  }
}
