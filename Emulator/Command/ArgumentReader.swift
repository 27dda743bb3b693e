/// A command line that cannot be carried out; the text says why and what to do.
struct UsageError: Error, Equatable {
  let text: String
}

/// Splits the words behind a subcommand into options and operands.
///
/// Options are `--name value` or `--name=value`; `--` ends them. An option given twice (unless it may
/// be: its values then come with commas between them), an unknown one and one without its value are
/// errors that name it.
struct ArgumentReader {
  private(set) var operands: [String] = []
  private(set) var wantsHelp = false
  private var values: [String: String] = [:]
  private var flags: Set<String> = []
  private let command: String

  init(
    _ words: some Sequence<String>, of command: String, options: Set<String>,
    flags known: Set<String> = [], repeatable: Set<String> = []
  ) throws(UsageError) {
    self.command = command
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        return
      }
      guard word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      if name == "--help" || name == "-h" {
        wantsHelp = true
      } else if known.contains(name) {
        guard parts.count == 1 else { throw usage("\(name) takes no value") }
        flags.insert(name)
      } else if options.contains(name) {
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
          throw usage("\(name) needs a value")
        }
        let before = values[name]
        guard before == nil || repeatable.contains(name) else {
          throw usage("\(name) is given twice")
        }
        values[name] = before.map { "\($0),\(value)" } ?? value
      } else {
        throw usage("unknown option \(name)")
      }
    }
  }

  subscript(name: String) -> String? { values[name] }

  func has(_ flag: String) -> Bool { flags.contains(flag) }

  /// A TCP port; 0 asks for a free one.
  func port(_ name: String, default standard: UInt16) throws(UsageError) -> UInt16 {
    guard let text = values[name] else { return standard }
    guard let port = UInt16(text) else {
      throw usage("\(name) \(text): a port is a number from 0 to 65535")
    }
    return port
  }

  /// Refuses operands beyond those that are expected.
  func operands(atMost count: Int) throws(UsageError) -> [String] {
    guard operands.count <= count else {
      throw usage("unexpected argument '\(operands[count])'")
    }
    return operands
  }

  func usage(_ problem: String) -> UsageError {
    UsageError(
      text: "martlet \(command): \(problem)\nSee `martlet \(command) --help`.")
  }
}
