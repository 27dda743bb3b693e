import Crypto
import Events

/// An answer that may be given again to whoever asks the same.
package struct CachedAnswer: Sendable, Equatable {
  /// Changes with every answer that is kept, even of the same words.
  package var id: String
  package var text: String
  package var sources: [Source]
  /// Who answered.
  package var model: String
  package var madeAt: Timestamp
  /// What the question was about, and who of the assistant's specialists answered it.
  package var intent: Intent?
  package var specialist: String?

  /// Bytes of an item but for its keys. An item may have 400 KB; an answer that does not fit is not
  /// kept.
  static let longest = 380_000

  /// Bytes, about.
  var size: Int {
    sources.reduce(text.utf8.count + 200) {
      $0 + $1.source.utf8.count + $1.title.utf8.count + $1.type.utf8.count + 40
    }
  }

  var item: Item {
    var item: Item = [
      "id": .string(id), "answer": .string(text), "sources": .list(sources.map(\.attribute)),
      "model": .string(model), "madeAt": .string(madeAt.iso),
    ]
    item["intent"] = intent?.attribute
    item["specialist"] = specialist.map { .string($0) }
    return item
  }

  /// The direction in which it was made.
  func direction(_ profile: Profile) -> Direction {
    var direction = Direction(intent ?? Intent(Intent.general, confidence: 0, source: .none))
    direction.specialist = specialist.flatMap { profile.specialist($0) }
    return direction
  }

  /// Nil for an item that is no answer.
  init?(_ item: Item) {
    guard let id = item["id"]?.string, let text = item["answer"]?.string,
      let madeAt = item["madeAt"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    self.init(
      id: id, text: text, sources: (item["sources"]?.list ?? []).compactMap { Source($0) },
      model: item["model"]?.string ?? "", madeAt: madeAt)
    intent = item["intent"].flatMap { Intent($0) }
    specialist = item["specialist"]?.string
  }

  package init(id: String, text: String, sources: [Source], model: String, madeAt: Timestamp) {
    self.id = id
    self.text = text
    self.sources = sources
    self.model = model
    self.madeAt = madeAt
  }
}

/// Everything that an answer depends on. Two questions with equal subjects get the same answer.
package struct AnswerSubject: Sendable, Equatable {
  package var tenant: String
  package var assistant: String
  /// What else decides, in a fixed order: the caller's role, the prompt, the model, the knowledge.
  package var circumstances: [String]
  /// As it is compared, see ``normalized(_:)``.
  package var question: String

  package init(tenant: String, assistant: String, circumstances: [String], question: String) {
    self.tenant = tenant
    self.assistant = assistant
    self.circumstances = circumstances
    self.question = Self.normalized(question)
  }

  /// A question without what does not change its meaning: width and case of letters, white space at
  /// its ends and how much of it stands between words, marks at its end.
  package static func normalized(_ question: String) -> String {
    var text = String.UnicodeScalarView()
    var isBetween = false
    for scalar in question.unicodeScalars {
      let plain = Folding.width(of: scalar)
      if plain.properties.isWhitespace || plain == "\0" {
        isBetween = !text.isEmpty
        continue
      }
      if isBetween { text.append(" ") }
      isBetween = false
      if let last = text.last, let voiced = Folding.voiced(last, by: plain) {
        text.removeLast()
        text.append(voiced)
      } else {
        text.append(contentsOf: plain.properties.lowercaseMapping.unicodeScalars)
      }
    }
    while text.count > 1, let last = text.last, " ?.。!".unicodeScalars.contains(last) {
      text.removeLast()
    }
    return String(text)
  }
}

extension Profile {
  /// Names what the assistant is told and how it is asked: another prompt, model setting or tool is
  /// another name.
  var fingerprint: String {
    let sample = Passage(id: "", source: "", title: "", text: "")
    let prompt = Prompt(self)
    let parts =
      [
        prompt.system(passages: []), prompt.system(passages: [sample]),
        tools.joined(separator: " "), model.name, "\(model.temperature ?? -1)",
        "\(model.maximumTokens)", "\(limits.passages) \(limits.share) \(limits.answer)",
        (passageTypes ?? []).sorted().joined(separator: " "), variant ?? "",
      ]
      + specialists.flatMap { specialist in
        [specialist.name, specialist.instructions, "\(specialist.tools ?? ["*"])"]
          + specialist.examples
      }
    return Fingerprint(of: parts.map { Array($0.utf8) }).text
  }
}
