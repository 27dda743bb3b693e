import Foundation
import Support
import Testing

@testable import Agent

@Suite struct IntentClassifierTests {
  @Test func `the same examples make the same classifier`() throws {
    let examples = IntentExamples.all
    let (one, other) = (IntentClassifier(examples), IntentClassifier(examples))
    for text in ["another one please", "a person, please", "bananas"] {
      #expect(one.classify(text) == other.classify(text))
    }
  }

  @Test func `shares add up to one, and nothing is known without examples`() throws {
    let classifier = IntentClassifier(IntentExamples.all)
    for text in ["", "   ", "hello", String(repeating: "word ", count: 800), "語", "🦆"] {
      let shares = classifier.distribution(text)
      #expect(abs(shares.reduce(0, +) - 1) < 0.001)
    }
    #expect(IntentClassifier([]).classify("hello") == nil)
    #expect(IntentClassifier([.init("a", intent: "x")]).classify("b")?.confidence == 1)
  }

  @Test func `what is about something else gets no confident guess`() throws {
    let classifier = IntentClassifier([
      .init("how do I reset my password", intent: "password"),
      .init("I forgot my password", intent: "password"),
      .init("where is my parcel", intent: "parcel"),
      .init("my parcel has not come", intent: "parcel"),
    ])
    let known = try #require(classifier.classify("the password that I forgot"))
    #expect(known.intent == "password")
    let unknown = try #require(classifier.classify("quantum chromodynamics lecture tomorrow"))
    #expect(unknown.confidence < 0.6)
    #expect(known.confidence > unknown.confidence)
  }

  /// BANKING77's training file: every tenth row (the 10th, 20th, … of the file) is held out, the other
  /// nine tenths train. Out of scope: the 200 questions of CLINC150's training and validation parts. The
  /// threshold is the confidence that 5 % of the held-out questions stay under.
  @Test(.enabled(if: Project.runsEverything))
  func `accuracy and out-of-scope recall are what they must be`() throws {
    var (training, heldOut): ([IntentClassifier.Example], [IntentClassifier.Example]) = ([], [])
    for (place, row) in try Self.banking().enumerated() {
      if place % 10 == 9 { heldOut.append(row) } else { training.append(row) }
    }
    #expect(heldOut.count == 1_000 && training.count == 9_003)
    let start = ContinuousClock.now
    let classifier = IntentClassifier(training)
    let time = start.duration(to: .now)
    #expect(classifier.intents.count == 77)
    let guesses = heldOut.map { classifier.classify($0.text) }
    let right = zip(heldOut, guesses).count { $0.intent == $1?.intent }
    let accuracy = Double(right) / Double(heldOut.count)
    let inScope = guesses.map { $0?.confidence ?? 0 }.sorted()
    let threshold = inScope[heldOut.count / 20]
    let others = try Project.text("Tests/AgentTests/Fixtures/clinc_oos_train_val.txt")
      .split(separator: "\n").map(String.init)
    #expect(others.count == 200)
    let noticed = others.count { (classifier.classify($0)?.confidence ?? 0) < threshold }
    let recall = Double(noticed) / Double(others.count)
    print(
      "BANKING77, held-out tenth: accuracy \(accuracy), out-of-scope recall \(recall) at 5 % false "
        + "alarms (threshold \(threshold)), trained in \(time)")
    #expect(accuracy >= 0.90)
    #expect(recall >= 0.85)
  }

  /// `text,category`, one line each; a text with commas or quotes stands in quotes.
  private static func banking() throws -> [IntentClassifier.Example] {
    let lines = try Project.text("Tests/AgentTests/Fixtures/banking77_train.csv")
      .replacingOccurrences(of: "\r\n", with: "\n")
    var rows: [(text: String, intent: String)] = []
    var row = ""
    for line in lines.split(separator: "\n", omittingEmptySubsequences: false).dropFirst() {
      row += row.isEmpty ? String(line) : "\n\(line)"
      guard row.filter({ $0 == "\"" }).count % 2 == 0 else { continue }
      defer { row = "" }
      guard let comma = row.lastIndex(of: ",") else { continue }
      var text = String(row[..<comma])
      if text.hasPrefix("\"") {
        text = text.dropFirst().dropLast().replacingOccurrences(of: "\"\"", with: "\"")
      }
      rows.append((text, String(row[row.index(after: comma)...])))
    }
    return rows.map { IntentClassifier.Example($0.text, intent: $0.intent) }
  }
}
