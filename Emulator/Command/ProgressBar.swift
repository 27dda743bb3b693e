import Glibc

/// How far something is: a bar on a terminal, nothing elsewhere.
struct ProgressBar {
  private static let width = 30
  private static let upAndClear = "\u{1B}[A\r\u{1B}[K"

  private let total: Int
  private let isTerminal: Bool
  private let write: @Sendable (String) -> Void
  private var done: Int
  private var isShown = false

  /// `done` of the things were done before. `write` takes a line without its end.
  init(
    total: Int, done: Int = 0, isTerminal: Bool = isatty(STDERR_FILENO) == 1,
    write: @escaping @Sendable (String) -> Void = { Console.shared.note($0) }
  ) {
    self.write = write
    self.total = total
    self.done = done
    self.isTerminal = isTerminal
  }

  /// One more is done. `remark` stands behind the bar.
  mutating func step(_ remark: String = "") {
    done += 1
    guard isTerminal else { return }
    let filled = total > 0 ? min(done * Self.width / total, Self.width) : Self.width
    let bar =
      String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
    let text = "[\(bar)] \(done) of \(total)" + (remark.isEmpty ? "" : ", \(remark)")
    write((isShown ? Self.upAndClear : "") + text)
    isShown = true
  }

  /// Says something in the bar's place; the next step shows it again below.
  mutating func note(_ text: String) {
    write((isShown ? Self.upAndClear : "") + Console.visible(text))
    isShown = false
  }
}
