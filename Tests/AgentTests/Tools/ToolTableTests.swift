import JSON
import Synchronization
import Testing

@testable import Agent

@Suite struct ToolTableTests {
  private static let schema: JSONValue = [
    "type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"],
  ]

  private final class Log: Sendable {
    private let entries = Mutex<[String]>([])
    var all: [String] { entries.withLock { $0 } }
    func add(_ entry: String) { entries.withLock { $0.append(entry) } }
  }

  private func tool(
    _ name: String, isReadOnly: Bool = true, roles: Set<Caller.Role>? = nil,
    run: @escaping @Sendable (ToolInvocation) async throws -> ToolResult = { invocation in
      ToolResult(["n": invocation.arguments["n"] ?? .null])
    }
  ) -> Tool {
    Tool(
      name: name, description: "", parameters: Self.schema, isReadOnly: isReadOnly, roles: roles,
      run: run)
  }

  private func run(
    _ table: ToolTable, _ calls: [(String, String)], caller: Caller = .ana
  ) async -> [ToolTable.Outcome] {
    let calls = calls.enumerated().map { ToolCall(id: "\($0)", name: $1.0, arguments: $1.1) }
    return await table.run(calls, for: caller, turn: "m-1", first: 3) { _, _ in }
  }

  @Test func `gives results in the order of the calls`() async {
    let slow = tool("slow") { invocation in
      try await Task.sleep(for: .milliseconds(20))
      return ToolResult(["slow": invocation.arguments["n"] ?? .null])
    }
    let table = ToolTable([slow, tool("fast")], allowed: ["slow", "fast"])
    let outcomes = await run(table, [("slow", #"{"n":1}"#), ("fast", #"{"n":2}"#)])
    #expect(outcomes.map(\.content) == [#"{"slow":1}"#, #"{"n":2}"#])
    #expect(outcomes.map(\.call.id) == ["0", "1"])
  }

  @Test func `runs reading tools side by side and writing ones alone`() async {
    let log = Log()
    func logging(_ name: String, isReadOnly: Bool) -> Tool {
      tool(name, isReadOnly: isReadOnly) { _ in
        log.add("begin \(name)")
        try await Task.sleep(for: .milliseconds(30))
        log.add("end \(name)")
        return ToolResult(.null)
      }
    }
    let table = ToolTable(
      [logging("read", isReadOnly: true), logging("write", isReadOnly: false)],
      allowed: ["read", "write"])
    let one = #"{"n":1}"#
    _ = await run(table, [("read", one), ("read", one), ("write", one), ("write", one)])
    #expect(
      log.all == [
        "begin read", "begin read", "end read", "end read", "begin write", "end write",
        "begin write", "end write",
      ])
  }

  @Test func `gives each call a key of its own that is the same again`() async {
    let log = Log()
    let keyed = tool("keyed") { invocation in
      log.add(invocation.idempotencyKey)
      return ToolResult(.null)
    }
    let table = ToolTable([keyed], allowed: ["keyed"])
    for _ in 0..<2 { _ = await run(table, [("keyed", #"{"n":1}"#), ("keyed", #"{"n":1}"#)]) }
    #expect(log.all.sorted() == ["m-1#3", "m-1#3", "m-1#4", "m-1#4"])
  }

  @Test func `refuses in words that a model understands`() async {
    let admin = tool("admin", roles: [.admin])
    let table = ToolTable([tool("one"), admin, tool("hidden")], allowed: ["one", "admin"])
    let outcomes = await run(
      table,
      [
        ("none", "{}"), ("hidden", "{}"), ("admin", #"{"n":1}"#), ("one", "{}"),
        ("one", "not json"),
      ])
    #expect(
      outcomes.map(\.error?.code)
        == [.unknownTool, .unknownTool, .notAllowed, .invalidArguments, .invalidArguments])
    #expect(
      outcomes[3].content
        == #"{"error":{"code":"invalid_arguments","message":"n is required","path":"n"}}"#)
    #expect(table.definitions(for: .ana).map(\.name) == ["one"])
    let root = Caller(user: "root", tenant: "acme", role: .admin)
    #expect(table.definitions(for: root).map(\.name) == ["one", "admin"])
  }

  @Test func `takes who is asking from the server, never from arguments`() async {
    let seen = Log()
    let spy = tool("spy") { invocation in
      seen.add(invocation.caller.owner)
      return ToolResult(.null)
    }
    let table = ToolTable([spy], allowed: ["spy"])
    let outcomes = await run(
      table, [("spy", #"{"n":1}"#), ("spy", #"{"n":1,"user":"bob","caller":{"user":"bob"}}"#)])
    #expect(seen.all == ["acme#ana"])
    #expect(outcomes[1].error?.code == .invalidArguments)
  }

  @Test func `hides what went wrong inside of a tool`() async {
    struct Secret: Error { let password = "hunter2" }
    let table = ToolTable([tool("bad") { _ in throw Secret() }], allowed: ["bad"])
    let outcome = await run(table, [("bad", #"{"n":1}"#)])[0]
    #expect(outcome.content == #"{"error":{"code":"failed","message":"the tool failed"}}"#)
  }

  @Test func `ends a tool that takes too long, and one that says too much`() async {
    let slow = tool("slow") { _ in
      try await Task.sleep(for: .seconds(60))
      return ToolResult(.null)
    }
    let long = tool("long") { _ in ToolResult(.string(String(repeating: "x", count: 40_000))) }
    let table = ToolTable(
      [slow, long], allowed: ["slow", "long"], timeout: .milliseconds(20))
    let outcomes = await run(table, [("slow", #"{"n":1}"#), ("long", #"{"n":1}"#)])
    #expect(outcomes.map(\.error?.code) == [.timedOut, .failed])
    #expect(outcomes[1].content.utf8.count < 200)
  }
}
