import Agent
import Cloud
import Events

// How conversations and turns stand in their tables. `Agent` knows their meaning, this file their
// spelling.

extension Conversation {
  /// nil when the item is none of ours.
  init?(_ item: Item) {
    guard let id = item["conversationId"]?.string.flatMap(ConversationID.init),
      let user = item["user"]?.string, let tenant = item["tenant"]?.string,
      let createdAt = item["createdAt"]?.string.flatMap(Timestamp.init(iso:)),
      let updatedAt = item["updatedAt"]?.string.flatMap(Timestamp.init(iso:))
    else { return nil }
    self.init(
      id: id, user: user, tenant: tenant, assistant: item["assistant"]?.string ?? "",
      title: item["title"]?.string ?? "", turns: item["turns"]?.int ?? 0, usage: Usage(item),
      createdAt: createdAt, updatedAt: updatedAt)
  }

  static func key(_ id: ConversationID, owner: String) -> Item {
    ["owner": .string(owner), "conversationId": .string(id.text)]
  }

  /// Tenant and conversation as one key.
  static func tenantKey(_ id: ConversationID, tenant: String) -> String {
    ComposedKey.join(tenant, id.text)
  }
}

extension Turn {
  /// nil when the item is none of ours.
  init?(_ item: Item) {
    guard let conversation = item["conversationId"]?.string.flatMap(ConversationID.init),
      let number = item["number"]?.int, let message = item["message"]?.string,
      let question = item["question"]?.string, let answer = item["answer"]?.string,
      let status = item["status"]?.string.flatMap(Status.init(rawValue:)),
      let askedAt = item["askedAt"]?.string.flatMap(Timestamp.init(iso:)),
      let answeredAt = item["answeredAt"]?.string.flatMap(Timestamp.init(iso:))
    else { return nil }
    self.init(
      conversation: conversation, number: number, message: message, question: question,
      answer: answer, status: status,
      sources: (item["sources"]?.list ?? []).compactMap(Source.init),
      tools: (item["tools"]?.list ?? []).compactMap(ToolStep.init), usage: Usage(item),
      assistant: item["assistant"]?.string ?? "", model: item["model"]?.string ?? "",
      askedAt: askedAt, answeredAt: answeredAt)
  }

  func item(of caller: Caller, number: Int) -> Item {
    [
      "conversation": .string(Conversation.tenantKey(conversation, tenant: caller.tenant)),
      "number": AttributeValue(number), "conversationId": .string(conversation.text),
      "owner": .string(caller.owner), "tenant": .string(caller.tenant),
      "user": .string(caller.user), "message": .string(message), "question": .string(question),
      "answer": .string(answer), "status": .string(status.rawValue),
      "sources": .list(sources.map(\.attribute)), "tools": .list(tools.map(\.attribute)),
      "inputTokens": AttributeValue(usage.input), "outputTokens": AttributeValue(usage.output),
      "cachedInputTokens": AttributeValue(usage.cachedInput), "assistant": .string(assistant),
      "model": .string(model), "askedAt": .string(askedAt.iso),
      "answeredAt": .string(answeredAt.iso),
    ]
  }
}

extension Usage {
  fileprivate init(_ item: Item) {
    self.init(
      input: item["inputTokens"]?.int ?? 0, output: item["outputTokens"]?.int ?? 0,
      cachedInput: item["cachedInputTokens"]?.int ?? 0)
  }
}

extension Source {
  fileprivate init?(_ value: AttributeValue) {
    guard let source = value["source"]?.string, let title = value["title"]?.string,
      let type = value["type"]?.string
    else { return nil }
    self.init(source: source, title: title, type: type)
  }

  fileprivate var attribute: AttributeValue {
    ["source": .string(source), "title": .string(title), "type": .string(type)]
  }
}

extension ToolStep {
  fileprivate init?(_ value: AttributeValue) {
    guard let number = value["number"]?.int, let name = value["name"]?.string,
      let arguments = value["arguments"]?.string,
      let status = value["status"]?.string.flatMap(Status.init(rawValue:))
    else { return nil }
    self.init(number: number, name: name, arguments: arguments, status: status)
  }

  fileprivate var attribute: AttributeValue {
    [
      "number": AttributeValue(number), "name": .string(name), "arguments": .string(arguments),
      "status": .string(status.rawValue),
    ]
  }
}
