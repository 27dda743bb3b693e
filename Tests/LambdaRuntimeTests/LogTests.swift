import Foundation
import Testing

@testable import LambdaRuntime

@Suite struct LogTests {
  private let clock = WallClock { 1_795_255_200_123 }

  private func line(
    _ format: LogWriter.Format, _ message: String, _ fields: KeyValuePairs<String, LogValue> = [:],
    tenantID: String? = nil
  ) -> String {
    let writer = LogWriter(
      format: format, minimum: .trace, clock: clock, sink: { _ in }, metricsSink: { _ in })
    let log = Log(writer: writer, requestID: "id-1", tenantID: tenantID)
    return String(decoding: writer.line(.warn, message, fields, of: log), as: UTF8.self)
  }

  @Test func `a JSON line has Lambda's members first`() {
    #expect(
      line(.json, "hello", ["count": 2, "ratio": 0.5, "on": true, "who": "ana"], tenantID: "t")
        == #"{"timestamp":"2026-11-21T10:00:00.123Z","level":"WARN","message":"hello","#
        + #""requestId":"id-1","tenantId":"t","count":2,"ratio":0.5,"on":true,"who":"ana"}"#
        + "\n")
  }

  @Test func `a text line carries the request id`() {
    #expect(
      line(.text, "hello", ["who": "ana"])
        == "2026-11-21T10:00:00.123Z WARN RequestId: id-1 hello who=\"ana\"\n")
  }

  @Test func `no message can forge a line`() throws {
    let nasty = "a\nb\r\u{1B}[31m\u{0}\u{7F}\u{85}\u{2028}\"\\食べる"
    for format in [LogWriter.Format.json, .text] {
      let text = line(format, nasty, ["k\n": .string(nasty)])
      #expect(text.utf8.filter { $0 == 0x0A }.count == 1)
      #expect(text.utf8.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
      #expect(!text.unicodeScalars.contains { (0x80...0x9F).contains($0.value) })
    }
    let members = try object(line(.json, nasty, ["k\n": .string(nasty)]))
    #expect(members["message"] as? String == nasty)
    #expect(members["k\n"] as? String == nasty)
  }

  @Test func `a field cannot take the name of a member`() throws {
    let members = try object(line(.json, "m", ["requestId": "forged", "level": "INFO"]))
    #expect(members["requestId"] as? String == "id-1")
    #expect(members["requestId_"] as? String == "forged")
    #expect(members["level"] as? String == "WARN")
  }

  @Test func `numbers that JSON has not become null`() throws {
    let members = try object(line(.json, "m", ["x": .double(.infinity), "y": .double(.nan)]))
    #expect(members["x"] is NSNull)
    #expect(members["y"] is NSNull)
  }

  @Test func `a long text is cut`() throws {
    let long = String(repeating: "x", count: LogWriter.textLimit * 2)
    #expect(line(.json, long).utf8.count < LogWriter.textLimit + 200)
  }

  @Test func `writes from its level on`() {
    let lines = LogLines()
    let log = lines.log(.json, minimum: .warn)
    log.debug("d")
    log.info("i")
    log.warn("w")
    log.error("e")
    #expect(lines.all.count == 2)
  }

  @Test(arguments: [
    ([:], Log.Level.info), (["LOG_LEVEL": "debug"], .debug),
    (["LOG_LEVEL": "debug", "AWS_LAMBDA_LOG_LEVEL": "ERROR"], .error),
    (
      [
        "LOG_LEVEL": "debug", "AWS_LAMBDA_LOG_LEVEL": "ERROR", "AWS_LAMBDA_LOG_FORMAT": "Text",
      ], .debug
    ), (["LOG_LEVEL": "loud"], .info),
    (["LOG_LEVEL": "loud", "AWS_LAMBDA_LOG_LEVEL": "WARN"], .warn),
  ]) func `the level comes from the environment`(_ variables: [String: String], _ level: Log.Level)
  {
    let environment = RuntimeEnvironment { variables[$0] }
    #expect(environment.log.writer.minimum == level)
  }

  @Test func `timestamps agree with the calendar`() throws {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    var milliseconds: Int64 = 1
    while milliseconds < 7_258_118_400_000 {
      var bytes: [UInt8] = []
      Timestamp.append(milliseconds, to: &bytes)
      let date = try style.parse(String(decoding: bytes, as: UTF8.self))
      #expect(abs(date.timeIntervalSince1970 * 1000 - Double(milliseconds)) < 1)
      milliseconds += 86_400_000 * 13 + 7_654_321
    }
  }
}

@Suite struct MetricsTests {
  @Test func `a line in the embedded format`() throws {
    var metrics = try Metrics(namespace: "Martlet", dimensions: ["FunctionName": "chat"])
    try metrics.add("Duration", 12.5, unit: .milliseconds)
    try metrics.add("Duration", 13, unit: .milliseconds)
    try metrics.add("ColdStart", 1, unit: .count)
    let lines = metrics.lines(at: 1_795_255_200_123, requestID: "id-1")
    #expect(
      lines.map { String(decoding: $0, as: UTF8.self) } == [
        #"{"_aws":{"Timestamp":1795255200123,"CloudWatchMetrics":[{"Namespace":"Martlet","#
          + #""Dimensions":[["FunctionName"]],"Metrics":[{"Name":"Duration","Unit":"Milliseconds"},"#
          + #"{"Name":"ColdStart","Unit":"Count"}]}]},"requestId":"id-1","FunctionName":"chat","#
          + #""Duration":[12.5,13.0],"ColdStart":[1.0]}"# + "\n"
      ])
  }

  @Test func `splits at CloudWatch's limits`() throws {
    var metrics = try Metrics(namespace: "N")
    for index in 0..<250 { try metrics.add("m\(index)", 1) }
    for value in 0..<250 { try metrics.add("values", Double(value)) }
    let lines = try metrics.lines(at: 0, requestID: "r").map {
      try object(String(decoding: $0, as: UTF8.self))
    }
    var values = 0
    for line in lines {
      let head = try #require(line["_aws"] as? [String: Any])
      let directives = try #require(head["CloudWatchMetrics"] as? [[String: Any]])
      let names = try #require(directives[0]["Metrics"] as? [[String: Any]])
      #expect((1...100).contains(names.count))
      for name in names {
        let key = try #require(name["Name"] as? String)
        let list = try #require(line[key] as? [Double])
        #expect((1...100).contains(list.count))
        values += list.count
      }
    }
    #expect(values == 500)
  }

  @Test func `refuses what CloudWatch would not take`() throws {
    #expect(throws: MetricsError.namespace("")) { try Metrics(namespace: "") }
    #expect(throws: MetricsError.dimension("_aws")) {
      try Metrics(namespace: "n", dimensions: ["_aws": "x"])
    }
    #expect(throws: MetricsError.dimension("d")) {
      try Metrics(namespace: "n", dimensions: ["d": ""])
    }
    var metrics = try Metrics(namespace: "n", dimensions: ["d": "x"])
    try metrics.add("m", 1, unit: .count)
    #expect(throws: MetricsError.unit("m")) { try metrics.add("m", 1, unit: .bytes) }
    #expect(throws: MetricsError.value("v")) { try metrics.add("v", .nan) }
    #expect(throws: MetricsError.name("d")) { try metrics.add("d", 1) }
    #expect(throws: MetricsError.name("ä")) { try metrics.add("ä", 1) }
  }
}

@Suite struct ErrorReportTests {
  private struct Strange: Error {}
  private enum Cases: Error {
    case plain
    case with(limit: Int)
    case a1
  }
  private enum Named: Error, CustomStringConvertible {
    case other
    var description: String { "it did not work" }
  }

  @Test func `types match what Lambda keeps`() {
    let pattern = /(Runtime|Function)\.[A-Z][a-zA-Z]+/
    for (error, type) in [
      (Strange(), "Function.Strange"), (Cases.plain, "Function.Plain"),
      (Cases.with(limit: 5), "Function.With"), (Cases.a1, "Function.Error"),
      (Named.other, "Function.Named"),
      (ResponseError.streamTooLong, "Function.ResponseSizeTooLarge"),
      (CocoaError(.fileNoSuchFile), "Function.CocoaError"),
    ] as [(any Error, String)] {
      #expect(ErrorReport(error).type == type)
      #expect(ErrorReport(error).type.wholeMatch(of: pattern) != nil)
    }
    for type in ["", "Unhandled", "Runtime.", "Function.x", "Other.Thing", "Function.A1", "é"] {
      let report = ErrorReport(type: type, message: "")
      #expect(report.type.wholeMatch(of: pattern) != nil, "\(type) became \(report.type)")
    }
  }

  @Test func `a long message is cut and stays valid JSON`() throws {
    let text = String(repeating: "食", count: ErrorReport.messageLimit)
    let report = ErrorReport(type: "Function.Long", message: text)
    #expect(report.body.count < ErrorReport.messageLimit + 200)
    #expect(try object(String(decoding: report.body, as: UTF8.self)).count == 3)
  }
}
