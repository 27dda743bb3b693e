/// A file of knowledge that is not as it must be; says where.
package struct KnowledgeFileError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Problem: Sendable, Equatable {
    /// The system's own words.
    case unreadable(String)
    case tooLarge(limit: Int)
    case notUTF8
    case wrongHeader(expected: [String])
    case wrongFieldCount(expected: Int, found: Int)
    case openQuote
    case textAfterQuote
    case emptyField(String)
    case notJSON(String)
    case missing(member: String)
    case twice(String)
  }

  package var file: String
  /// Counts from 1; nil when the file as a whole is meant.
  package var line: Int?
  package var problem: Problem

  package init(file: String, line: Int? = nil, _ problem: Problem) {
    self.file = file
    self.line = line
    self.problem = problem
  }

  package var description: String {
    (line.map { "\(file):\($0): " } ?? "\(file): ") + explanation
  }

  private var explanation: String {
    switch problem {
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .tooLarge(let limit): "is larger than \(limit) bytes"
    case .notUTF8: "is not UTF-8"
    case .wrongHeader(let expected): "the header must be \(expected.joined(separator: ","))"
    case .wrongFieldCount(let expected, let found): "has \(found) fields instead of \(expected)"
    case .openQuote: "a quote is not closed"
    case .textAfterQuote: "text follows a closing quote"
    case .emptyField(let name): "\(name) is empty"
    case .notJSON(let reason): "is not JSON: \(reason)"
    case .missing(let member): "\(member) is missing or of the wrong type"
    case .twice(let name): "\(name) stands there twice"
    }
  }
}
