import Agent
import JSON

/// A turn as server-sent events (HTML Living Standard, "Server-sent events").
///
/// Each event's id says how far the answer has come: conversation, message, chunks, bytes and tools. A client
/// that was cut off names the last one it has.
struct EventText {
  static let headers = [
    "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store, no-transform",
    "x-content-type-options": "nosniff", "x-accel-buffering": "no",
  ]

  /// How much of an answer a client has.
  struct Position: Equatable {
    let conversation: ConversationID
    let message: String
    /// Chunks and bytes of UTF-8 that were sent.
    var chunks = 0
    var bytes = 0
    /// Events about tools that were sent.
    var tools = 0

    init(conversation: ConversationID, message: String) {
      self.conversation = conversation
      self.message = message
    }

    /// Reads what `text` writes; nil for anything else.
    init?(_ text: String) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard (4...5).contains(parts.count), let conversation = ConversationID(String(parts[0])),
        (1...128).contains(parts[1].utf8.count), let chunks = Int(parts[2]),
        let bytes = Int(parts[3]), let tools = parts.count > 4 ? Int(parts[4]) : 0, chunks >= 0,
        bytes >= 0, tools >= 0
      else { return nil }
      self.conversation = conversation
      message = String(parts[1])
      self.chunks = chunks
      self.bytes = bytes
      self.tools = tools
    }

    var text: String {
      "\(conversation.text)/\(message)/\(chunks)/\(bytes)" + (tools > 0 ? "/\(tools)" : "")
    }
  }

  private(set) var position: Position?

  init(from position: Position? = nil) { self.position = position }

  /// The next event as text.
  mutating func text(of event: TurnEvent) -> String {
    switch event {
    case .started(let conversation, let message):
      position = Position(conversation: conversation, message: message)
    case .chunk(_, let text):
      position?.chunks += 1
      position?.bytes += text.utf8.count
    case .tool: position?.tools += 1
    default: break
    }
    return text(ofFrame: ServerFrame.turn(event, id: position?.message ?? ""))
  }

  /// The client knows at least so many events about tools.
  mutating func count(tools: Int) {
    guard let known = position?.tools else { return }
    position?.tools = max(known, tools)
  }

  /// The next event, from the frame that says the same.
  func text(ofFrame data: JSONValue) -> String {
    let name = data["type"]?.string ?? "message"
    let id = position.map { "id: \($0.text)\n" } ?? ""
    return "\(id)event: \(name)\ndata: \(data.description)\n\n"
  }
}
