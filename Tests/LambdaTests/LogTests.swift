import Testing

@testable import Lambda

@Suite struct LineSplitterTests {
  @Test func `finds the same lines however the bytes come`() {
    let text = Array("eins\r\nzwei\n\n食べる\nrest".utf8)
    for size in 1...text.count {
      var splitter = LineSplitter(limit: 100)
      var lines: [String] = []
      var rest = text[...]
      while !rest.isEmpty {
        lines += splitter.append(rest.prefix(size))
        rest = rest.dropFirst(size)
      }
      #expect(lines == ["eins", "zwei", "", "食べる"])
      #expect(splitter.finish() == "rest")
      #expect(splitter.finish() == nil)
    }
  }

  @Test func `cuts a line at its limit`() {
    var splitter = LineSplitter(limit: 4)
    #expect(splitter.append(Array("abcdefghij\nx".utf8)) == ["abcd", "efgh", "ij"])
    #expect(splitter.finish() == "x")
  }

  @Test func `repairs what is no text`() {
    var splitter = LineSplitter(limit: 10)
    #expect(splitter.append([0x61, 0xFF, 0x62, 0x0A]) == ["a\u{FFFD}b"])
  }
}

@Suite struct LogTailTests {
  @Test func `keeps the last bytes`() {
    var tail = LogTail(limit: 8)
    for number in 0..<100 { tail.append("\(number)") }
    #expect(tail.text == "7\n98\n99\n")
  }
}

@Suite struct ReportTests {
  private let id = InvocationID("8f5e2d1c-0000-4000-8000-000000000001")
  private let time = Timestamp(milliseconds: 1_763_719_323_004)

  @Test func `writes text as Lambda does`() {
    let report = Report(
      requestID: id, duration: .microseconds(12_345), memorySize: 128, maxMemoryUsed: 31,
      initDuration: .microseconds(2_001), status: .success)
    #expect(Report.start(id, json: false, at: time) == "START RequestId: \(id) Version: $LATEST")
    #expect(
      report.lines(json: false, at: time) == [
        "END RequestId: \(id)",
        "REPORT RequestId: \(id)\tDuration: 12.34 ms\tBilled Duration: 15 ms\tMemory Size: 128 MB"
          + "\tMax Memory Used: 31 MB\tInit Duration: 2.00 ms\t",
      ])
  }

  @Test func `says what went wrong`() {
    var report = Report(
      requestID: id, duration: .seconds(3), memorySize: 128, maxMemoryUsed: 128,
      initDuration: nil, status: .timeout)
    #expect(report.lines(json: false, at: time)[1].hasSuffix("Used: 128 MB\tStatus: timeout\t"))
    report.status = .failure(errorType: "Runtime.ExitError")
    #expect(
      report.lines(json: false, at: time)[1]
        .hasSuffix("\tStatus: error\tError Type: Runtime.ExitError\t"))
  }

  @Test func `writes JSON events`() {
    let report = Report(
      requestID: id, duration: .microseconds(1_500), memorySize: 128, maxMemoryUsed: 31,
      initDuration: nil, status: .failure(errorType: "Function.Oops"))
    #expect(
      Report.start(id, json: true, at: time)
        == #"{"time":"2025-11-21T10:02:03.004Z","type":"platform.start","record":"#
        + #"{"requestId":"\#(id)","version":"$LATEST"}}"#)
    #expect(
      report.lines(json: true, at: time)[1]
        == #"{"time":"2025-11-21T10:02:03.004Z","type":"platform.report","record":"#
        + #"{"requestId":"\#(id)","metrics":{"durationMs":1.5,"billedDurationMs":2,"#
        + #""memorySizeMB":128,"maxMemoryUsedMB":31},"status":"error","errorType":"Function.Oops"}}"#
    )
  }
}

@Suite struct FunctionFailureTests {
  private let id = InvocationID("r")

  @Test(arguments: [
    (ProcessExit.Cause.status(42), "Runtime exited with error: exit status 42"),
    (.status(0), "Runtime exited without providing a reason"),
    (.signal(9), "Runtime exited with error: signal: killed"),
    (.signal(11), "Runtime exited with error: signal: segmentation fault"),
  ])
  func `words an exit as Lambda does`(cause: ProcessExit.Cause, text: String) {
    let failure = FunctionFailure.exited(ProcessExit(cause: cause, peakMemory: 0))
    #expect(
      String(decoding: failure.body(for: id), as: UTF8.self)
        == #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: \#(text)"}"#)
  }

  @Test func `words a timeout as Lambda does`() {
    #expect(
      String(decoding: FunctionFailure.timedOut(after: .seconds(2)).body(for: id), as: UTF8.self)
        == #"{"errorType":"Sandbox.Timedout","errorMessage":"#
        + #""RequestId: r Error: Task timed out after 2.00 seconds"}"#)
  }

  @Test(arguments: [
    ("Function.Oops", "Function.Oops"), ("Runtime.ExitError", "Runtime.ExitError"),
    ("Function.oops", "Function.Unknown"), ("Function.A1", "Function.Unknown"),
    ("Runtime.", "Runtime.Unknown"), ("Unhandled", "Runtime.Unknown"),
  ])
  func `keeps only error types of the two families`(header: String, type: String) {
    #expect(RuntimeAnswer.errorType(header) == type)
  }
}

@Suite struct BackOffTests {
  @Test func `doubles up to its longest delay and starts over after a success`() {
    var backOff = BackOff(first: .milliseconds(100), longest: .milliseconds(350))
    let now = ContinuousClock.now
    #expect(backOff.allows(at: now))
    for delay in [100, 200, 350, 350] {
      backOff.failed(at: now)
      #expect(!backOff.allows(at: now + .milliseconds(delay - 1)))
      #expect(backOff.allows(at: now + .milliseconds(delay)))
    }
    backOff.succeeded()
    #expect(backOff.allows(at: now))
  }
}

@Suite struct ExtensionsTests {
  @Test func `registers before the first event only`() throws {
    var extensions = Extensions(limit: 2)
    let identifier = try extensions.register(name: "first", events: [])
    #expect(try extensions.asked(identifier) == nil)
    #expect(throws: Extensions.Refusal.invalidState) { try extensions.asked(identifier) }
    #expect(throws: Extensions.Refusal.invalidName) {
      try extensions.register(name: "first", events: [])
    }
    #expect(throws: Extensions.Refusal.invalidEventType) {
      try extensions.register(name: "second", events: ["SHUTDOWN"])
    }
    _ = try extensions.register(name: "second", events: ["INVOKE"])
    #expect(throws: Extensions.Refusal.tooMany) {
      try extensions.register(name: "third", events: [])
    }
    extensions.initialised()
    #expect(throws: Extensions.Refusal.registrationClosed) {
      try extensions.register(name: "late", events: [])
    }
    #expect(throws: Extensions.Refusal.unknownIdentifier) { try extensions.asked("nobody") }
    #expect(throws: Extensions.Refusal.missingHeader) { try extensions.asked(nil) }
  }

  @Test func `tells of an invocation those who asked for it, once`() throws {
    var extensions = Extensions(limit: 10)
    let quiet = try extensions.register(name: "quiet", events: [])
    let eager = try extensions.register(name: "eager", events: ["INVOKE"])
    _ = try extensions.asked(quiet)
    #expect(extensions.invoked(InvocationID("1")) == [])
    #expect(try extensions.asked(eager) == InvocationID("1"))
    #expect(try extensions.asked(eager) == nil)
    #expect(extensions.invoked(InvocationID("2")) == [eager])
  }
}
