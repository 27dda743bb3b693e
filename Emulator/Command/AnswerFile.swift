import Evaluation
import Glibc

/// Answers that are kept in a file as they come.
final class AnswerFile {
  /// What the file held at the beginning.
  let answers: [Evaluator.Task: Answer]
  private let path: String
  private let file: Int32

  /// Makes the file when there is none. A last line that was cut off is taken away.
  init(_ path: String, _ line: AnswerLine, to tasks: [Evaluator.Task], limit: Int) throws {
    self.path = path
    var whole = 0
    var known: [Evaluator.Task: Answer] = [:]
    do {
      let bytes = try Files.contents(of: path, limit: limit)
      (known, whole) = try line.answers(in: bytes, to: tasks)
    } catch let problem as Files.Problem {
      guard problem == .absent else { throw ProjectError(description: "\(path) \(problem)") }
    } catch {
      throw ProjectError(description: "\(path): \(error)")
    }
    answers = known
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0, ftruncate(file, whole) == 0 else {
      let reason = String(cString: strerror(errno))
      if file >= 0 { close(file) }
      throw ProjectError(description: "\(path) cannot be written: \(reason)")
    }
  }

  deinit { close(file) }

  func append(_ line: [UInt8]) throws(ProjectError) {
    var rest = line[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let reason = String(cString: strerror(errno))
        throw ProjectError(description: "\(path) cannot be written: \(reason)")
      }
      rest = rest.dropFirst(count)
    }
  }
}
