package import Events

extension Turn {
  /// The attributes of a turn's item but for its keys.
  var item: Item {
    var item: Item = [
      "conversationId": .string(conversation.text), "number": AttributeValue(number),
      "message": .string(message), "question": .string(question), "answer": .string(answer),
      "status": .string(status.rawValue), "sources": .list(sources.map(\.attribute)),
      "tools": .list(tools.map(\.attribute)), "usage": usage.attribute,
      "assistant": .string(assistant), "model": .string(model), "askedAt": .string(askedAt.iso),
      "answeredAt": .string(answeredAt.iso),
    ]
    item["variant"] = variant.map { .string($0) }
    item["parent"] = parent.map { AttributeValue($0) }
    item["feedback"] = feedback?.attribute
    item["content"] = content.map {
      ["key": .string($0.key), "bytes": AttributeValue($0.bytes)]
    }
    item["summary"] = summary?.attribute
    item["intent"] = intent?.attribute
    item["specialist"] = specialist.map { .string($0) }
    item["session"] = session.map { .string($0.rawValue) }
    item["confirmation"] = confirmation?.attribute
    if isCached { item["isCached"] = true }
    item["cacheEntry"] = cacheEntry.map { .string($0) }
    return item
  }

  /// Nil for an item that is no turn.
  init?(_ item: Item) {
    guard let conversation = item["conversationId"]?.string.flatMap({ ConversationID($0) }),
      let number = item["number"]?.int, let message = item["message"]?.string,
      let question = item["question"]?.string, let answer = item["answer"]?.string,
      let status = item["status"]?.string.flatMap(Status.init),
      let askedAt = item["askedAt"]?.string.flatMap({ Timestamp(iso: $0) }),
      let answeredAt = item["answeredAt"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    self.init(
      conversation: conversation, number: number, message: message, question: question,
      answer: answer, status: status,
      sources: (item["sources"]?.list ?? []).compactMap { Source($0) },
      tools: (item["tools"]?.list ?? []).compactMap { ToolStep($0) }, usage: Usage(item["usage"]),
      assistant: item["assistant"]?.string ?? "", model: item["model"]?.string ?? "",
      askedAt: askedAt, answeredAt: answeredAt)
    variant = item["variant"]?.string
    parent = item["parent"]?.int
    feedback = item["feedback"].flatMap { Feedback($0) }
    if let key = item["content"]?["key"]?.string, let bytes = item["content"]?["bytes"]?.int {
      content = ContentReference(key: key, bytes: bytes)
    }
    summary = item["summary"].flatMap { ConversationSummary($0) }
    intent = item["intent"].flatMap { Intent($0) }
    specialist = item["specialist"]?.string
    session = item["session"]?.string.flatMap(Session.Status.init)
    confirmation = item["confirmation"].flatMap { ConfirmationRequest($0) }
    isCached = item["isCached"]?.boolean ?? false
    cacheEntry = item["cacheEntry"]?.string
  }
}

extension Conversation {
  /// Nil for an item that is no conversation.
  init?(_ item: Item) {
    guard let id = item["conversationId"]?.string.flatMap({ ConversationID($0) }),
      let user = item["user"]?.string, let tenant = item["tenant"]?.string,
      let createdAt = item["createdAt"]?.string.flatMap({ Timestamp(iso: $0) }),
      let updatedAt = item["updatedAt"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    self.init(
      id: id, user: user, tenant: tenant, assistant: item["assistant"]?.string ?? "",
      title: item["title"]?.string ?? "", turns: item["turnCount"]?.int ?? 0,
      usage: Usage(item["usage"]), createdAt: createdAt, updatedAt: updatedAt)
    status = item["status"]?.string.flatMap(Status.init) ?? .active
    metadata = (item["metadata"]?.map ?? [:]).compactMapValues(\.string)
    head = item["head"]?.int
    revision = item["revision"]?.int ?? 0
    sessions = Session.list(item["sessions"])
    intents = (item["intents"]?.map ?? [:]).compactMapValues(\.int)
    escalatedAt = item["escalatedAt"]?.string.flatMap { Timestamp(iso: $0) }
    asRead.item = item
  }
}

extension Intent {
  var attribute: AttributeValue {
    [
      "name": .string(name), "percent": AttributeValue(Int((confidence * 100).rounded())),
      "source": .string(source.rawValue),
    ]
  }

  init?(_ attribute: AttributeValue) {
    guard let name = attribute["name"]?.string, let percent = attribute["percent"]?.int,
      let source = attribute["source"]?.string.flatMap(Source.init)
    else { return nil }
    self.init(name, confidence: Double(percent) / 100, source: source)
  }
}

extension Feedback {
  var attribute: AttributeValue {
    var members: [String: AttributeValue] = [
      "thumb": .string(thumb.rawValue), "at": .string(at.iso),
    ]
    members["text"] = text.map { .string($0) }
    return .map(members)
  }

  fileprivate init?(_ attribute: AttributeValue) {
    guard let thumb = attribute["thumb"]?.string.flatMap(Thumb.init),
      let at = attribute["at"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    self.init(thumb: thumb, text: attribute["text"]?.string, at: at)
  }
}

extension Usage {
  var attribute: AttributeValue {
    var members: [String: AttributeValue] = [
      "input": AttributeValue(input), "output": AttributeValue(output),
      "cachedInput": AttributeValue(cachedInput),
    ]
    if audioInput > 0 { members["audioInput"] = AttributeValue(audioInput) }
    if audioOutput > 0 { members["audioOutput"] = AttributeValue(audioOutput) }
    return .map(members)
  }

  init(_ attribute: AttributeValue?) {
    self.init(
      input: attribute?["input"]?.int ?? 0, output: attribute?["output"]?.int ?? 0,
      cachedInput: attribute?["cachedInput"]?.int ?? 0,
      audioInput: attribute?["audioInput"]?.int ?? 0,
      audioOutput: attribute?["audioOutput"]?.int ?? 0)
  }
}

extension Source {
  var attribute: AttributeValue {
    ["source": .string(source), "title": .string(title), "type": .string(type)]
  }

  init?(_ attribute: AttributeValue) {
    guard let source = attribute["source"]?.string, let title = attribute["title"]?.string,
      let type = attribute["type"]?.string
    else { return nil }
    self.init(source: source, title: title, type: type)
  }
}

extension ToolStep {
  package var attribute: AttributeValue {
    [
      "number": AttributeValue(number), "name": .string(name), "arguments": .string(arguments),
      "status": .string(status.rawValue),
    ]
  }

  package init?(_ attribute: AttributeValue) {
    guard let number = attribute["number"]?.int, let name = attribute["name"]?.string,
      let arguments = attribute["arguments"]?.string,
      let status = attribute["status"]?.string.flatMap(Status.init)
    else { return nil }
    self.init(number: number, name: name, arguments: arguments, status: status)
  }
}
