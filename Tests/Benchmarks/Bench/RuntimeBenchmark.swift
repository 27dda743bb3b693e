import CBench
import Glibc

/// How fast a program starts and answers, against a neutral Runtime API.
///
/// Cold start: from `posix_spawn` to the first `GET /next` read, both cores free. Invocations: event
/// sent to answer read, one after the other on a kept connection, server and program on one core, so
/// that the figure is work and not waking a core up.
enum RuntimeBenchmark {
  static let coldStarts = 31
  static let runs = 9
  static let invocations = 3000
  static let warmUp = 300

  static func run(_ arguments: [String]) throws {
    let folder = CommandLine.arguments[0].split(separator: "/").dropLast().joined(separator: "/")
    let root = CommandLine.arguments[0].hasPrefix("/") ? "/\(folder)" : folder
    let programs =
      arguments.isEmpty
      ? ["echo-raw", "echo-codable", "bootstrap"].map { "\(root)/\($0)" } : arguments
    let widths = [14, 9, 9, 8, 8, 8, 9, 8, 7]
    print(
      row(
        ["program", "cold ms", "p90", "1st us", "p50 us", "p99 us", "inv/s", "RSS MB", "MB"],
        widths: widths))
    for program in programs {
      print(row(try measure(program), widths: widths))
    }
  }

  private static func measure(_ program: String) throws -> [String] {
    let cold = Figures(try (0..<coldStarts).map { _ in try coldStart(program) })
    guard bench_pin(0) == 0 else { throw BenchError.system("cannot pin to a core") }
    defer { bench_pin(-1) }
    var firsts: [Double] = []
    var medians: [Double] = []
    var tails: [Double] = []
    var rates: [Double] = []
    var memory: [Double] = []
    for _ in 0..<runs {
      let result = try session(program)
      firsts.append(result.first)
      medians.append(result.times.median)
      tails.append(result.times.quantile(0.99))
      rates.append(result.rate)
      memory.append(result.peakMegabytes)
    }
    return [
      String(program.split(separator: "/").last ?? ""), text(cold.median, digits: 2),
      text(cold.quantile(0.9), digits: 2), text(Figures(firsts).median, digits: 0),
      text(Figures(medians).median, digits: 1), text(Figures(tails).median, digits: 1),
      text(Figures(rates).median, digits: 0), text(Figures(memory).median, digits: 1),
      text(megabytes(program), digits: 1),
    ]
  }

  /// Milliseconds.
  private static func coldStart(_ program: String) throws -> Double {
    let server = try NeutralServer()
    let start = now()
    let process = try spawn(program, port: server.port)
    defer { end(process) }
    let peer = try server.accept()
    _ = try peer.request()
    return Double(now() - start) / 1e6
  }

  private struct Session {
    /// Microseconds.
    let first: Double
    let times: Figures
    let rate: Double
    let peakMegabytes: Double
  }

  private static func session(_ program: String) throws -> Session {
    let server = try NeutralServer()
    let process = try spawn(program, port: server.port)
    defer { end(process) }
    let peer = try server.accept()
    _ = try peer.request()
    var times: [Double] = []
    times.reserveCapacity(invocations)
    var first = 0.0
    var begin = now()
    for number in 0..<warmUp + invocations {
      if number == warmUp { begin = now() }
      let event = Self.event(number)
      let start = now()
      try peer.send(event)
      _ = try peer.request()
      let time = Double(now() - start) / 1000
      if number == 0 { first = time }
      if number >= warmUp { times.append(time) }
      try peer.send(accepted)
      _ = try peer.request()
    }
    let seconds = Double(now() - begin) / 1e9
    return Session(
      first: first, times: Figures(times), rate: Double(invocations) / seconds,
      peakMegabytes: peakMemory(process))
  }

  private static let accepted = Array("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".utf8)

  /// An answer to `/next` with an event of an HTTP API, 1.5 KB.
  private static func event(_ number: Int) -> [UInt8] {
    let digits = String(number)
    let id =
      "8476a536-e9f4-11e8-9739-"
      + String(repeating: "0", count: 12 - digits.count) + digits
    let head = """
      HTTP/1.1 200 OK\r
      Content-Type: application/json\r
      Lambda-Runtime-Aws-Request-Id: \(id)\r
      Lambda-Runtime-Deadline-Ms: 4102444800000\r
      Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:echo\r
      Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1\r
      Content-Length: \(eventBody.utf8.count)\r
      \r

      """
    return Array(head.utf8) + Array(eventBody.utf8)
  }

  private static let eventBody: String = {
    let event = """
      {"version":"2.0","routeKey":"GET /items/{id}","rawPath":"/items/42",\
      "rawQueryString":"limit=10&order=desc","headers":{"accept":"application/json",\
      "accept-encoding":"gzip, deflate, br","authorization":"Bearer REPLACED","content-length":"0",\
      "host":"a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",\
      "user-agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",\
      "x-amzn-trace-id":"Root=1-5e9f0c65-1de4d666d4dd26aced652b6c",\
      "x-forwarded-for":"192.0.2.1","x-forwarded-port":"443","x-forwarded-proto":"https",\
      "x-amz-cf-id":"none"},"queryStringParameters":{"limit":"10","order":"desc"},\
      "pathParameters":{"id":"42"},"requestContext":{"accountId":"123456789012",\
      "apiId":"a1b2c3d4e5","domainName":"a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",\
      "domainPrefix":"a1b2c3d4e5","http":{"method":"GET","path":"/items/42",\
      "protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":"curl/7.88.1"},\
      "requestId":"LV7fzho-PHcEJPw=","routeKey":"GET /items/{id}","stage":"$default",\
      "time":"21/Apr/2020:15:08:21 +0000","timeEpoch":1587481701067},"isBase64Encoded":false}
      """
    let padding = String(repeating: "x", count: max(0, 1536 - event.utf8.count))
    return String(event.dropLast()) + ",\"body\":\"\(padding)\"}"
  }()
}
