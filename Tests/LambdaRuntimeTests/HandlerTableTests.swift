import Testing

@testable import LambdaRuntime

@Suite struct HandlerTableTests {
  private enum Broken: Error { case setting }

  private static func make() throws -> Closure { throw Broken.setting }

  private let table = HandlerTable([
    Route("echo") { Closure.echo },
    Route("broken") { try Self.make() },
  ])

  @Test func `makes the handler that is named, and no other`() throws {
    #expect(try table.function(named: "echo").handler is Closure)
    #expect(throws: Broken.setting) { try table.function(named: "broken").handler }
  }

  @Test func `a wrong or missing name lists the routes`() {
    #expect(throws: InitFailure.unknownHandler(name: "Echo", known: ["broken", "echo"])) {
      try table.function(named: "Echo").handler
    }
    for name in [nil, ""] {
      #expect(throws: InitFailure.noHandlerNamed(known: ["broken", "echo"])) {
        try table.function(named: name).handler
      }
    }
    let report = ErrorReport(InitFailure.unknownHandler(name: "x", known: ["a", "b"]))
    #expect(report.type == "Runtime.HandlerNotFound")
    #expect(report.message == "_HANDLER names no route: 'x'; the routes are a, b")
  }

  @Test func `concurrency is a number in its range`() throws {
    func concurrency(_ text: String?) throws -> Int {
      try RuntimeEnvironment { _ in text }.concurrency()
    }
    #expect(try concurrency(nil) == 1)
    #expect(try concurrency("8") == 8)
    for text in ["0", "-1", "x", "1001", "1.5"] {
      #expect(throws: InitFailure.self) { try concurrency(text) }
    }
  }
}
