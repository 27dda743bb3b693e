import JSON

/// A file of questions: JSON lines, one object each. Empty lines and lines that begin with `#` do not
/// count.
package struct QuestionFile: Sendable {
  /// Bytes.
  package static let longest = 16 << 20
  package static let mostQuestions = 10_000
  /// Bytes of one line.
  static let longestLine = 64 << 10

  package let questions: [Question]

  /// Why a file cannot be used.
  package struct Problem: Error, Equatable, CustomStringConvertible {
    /// From 1; nil: the whole file.
    package let line: Int?
    package let text: String

    package var description: String { (line.map { "line \($0): " } ?? "") + text }
  }

  package init(_ bytes: [UInt8]) throws(Problem) {
    guard bytes.count <= Self.longest else {
      throw Problem(line: nil, text: "it is longer than \(Self.longest) bytes")
    }
    var questions: [Question] = []
    var lines: [String: Int] = [:]
    var number = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      guard let question = try Self.question(Array(line), number) else { continue }
      if let first = lines.updateValue(number, forKey: question.id) {
        throw Problem(line: number, text: "the id \"\(question.id)\" stands in line \(first) too")
      }
      questions.append(question)
      guard questions.count <= Self.mostQuestions else {
        throw Problem(line: number, text: "there are more than \(Self.mostQuestions) questions")
      }
    }
    guard !questions.isEmpty else { throw Problem(line: nil, text: "it has no questions") }
    self.questions = questions
  }

  /// nil for a line that does not count.
  private static func question(_ line: [UInt8], _ number: Int) throws(Problem) -> Question? {
    let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    guard !isBlank, line.first != UInt8(ascii: "#") else { return nil }
    guard line.count <= longestLine else {
      throw Problem(line: number, text: "it is longer than \(longestLine) bytes")
    }
    let value: JSONValue
    do {
      value = try JSONValue(parsing: line)
    } catch {
      throw Problem(line: number, text: "column \(error.column): it is not JSON: \(error.kind)")
    }
    do throws(Question.Problem) {
      return try Question(value, id: "line-\(number)")
    } catch {
      throw Problem(line: number, text: error.text)
    }
  }
}
