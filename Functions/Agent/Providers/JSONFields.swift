import JSON

extension JSONValue {
  /// Reads an event of a stream.
  static func event(_ text: String) throws(ModelError) -> JSONValue {
    do {
      return try JSONValue(parsing: text)
    } catch {
      throw .malformed("an event is not JSON: \(error)")
    }
  }
}

extension JSONNode {
  /// The same for a stream with many small events, of which little is read.
  static func event(_ text: String) throws(ModelError) -> JSONNode {
    do {
      return try JSONDocument(text).root
    } catch {
      throw .malformed("an event is not JSON: \(error)")
    }
  }
}

extension ToolCall {
  /// The arguments as an object; what is none becomes an empty one. Only for showing a provider what
  /// it said: `ToolTable` decides what is right.
  var object: JSONValue {
    guard let value = try? JSONValue(parsing: arguments), value.object != nil else { return [:] }
    return value
  }
}

/// The parts of tool calls as they arrive, by the number of their block.
struct OpenCalls: Sendable {
  /// More calls, or longer arguments, than any honest answer has.
  static let most = 64
  static let longestArguments = 256 * 1024

  private var calls: [(block: Int, call: ToolCall)] = []

  mutating func begin(_ block: Int, id: String, name: String) throws(ModelError) {
    guard calls.count < Self.most else { throw .malformed("too many tool calls") }
    calls.append(
      (block, ToolCall(id: id.isEmpty ? "call_\(calls.count)" : id, name: name, arguments: "")))
  }

  mutating func append(_ part: String, to block: Int) throws(ModelError) {
    guard let place = calls.lastIndex(where: { $0.block == block }) else {
      throw .malformed("arguments without a tool call")
    }
    calls[place].call.arguments += part
    guard calls[place].call.arguments.utf8.count <= Self.longestArguments else {
      throw .malformed("tool arguments are too long")
    }
  }

  var events: [ModelEvent] { calls.map { .toolCall($0.call) } }
  var isEmpty: Bool { calls.isEmpty }
}
