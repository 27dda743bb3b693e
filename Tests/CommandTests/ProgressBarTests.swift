import Synchronization
import Testing

@testable import Command

@Suite struct ProgressBarTests {
  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  private let up = "\u{1B}[A\r\u{1B}[K"

  private func bar(_ done: Int) -> String {
    "[" + String(repeating: "#", count: done) + String(repeating: ".", count: 30 - done) + "]"
  }

  private func progress(
    _ total: Int, done: Int = 0, isTerminal: Bool = true
  ) -> (ProgressBar, Lines) {
    let lines = Lines()
    return (
      ProgressBar(total: total, done: done, isTerminal: isTerminal) { lines.add($0) }, lines
    )
  }

  @Test func `each step stands in the place of the one before`() {
    var (progress, lines) = progress(3)
    for remark in ["", "a.md", ""] { progress.step(remark) }
    #expect(
      lines.all == [
        "\(bar(10)) 1 of 3", "\(up)\(bar(20)) 2 of 3, a.md", "\(up)\(bar(30)) 3 of 3",
      ])
  }

  @Test func `a note takes the bar's place, and the bar goes on below`() {
    var (progress, lines) = progress(2)
    progress.step()
    progress.note("a.md: \u{1B}[2J is no text")
    progress.step()
    #expect(lines.all.count == 3)
    #expect(lines.all[1].hasPrefix(up) && lines.all[1].hasSuffix("is no text"))
    // What a file says never moves the cursor.
    #expect(!lines.all[1].dropFirst(up.count).contains("\u{1B}"))
    #expect(lines.all[2] == "\(bar(30)) 2 of 2")
  }

  @Test func `what was done before counts, and too much does no harm`() {
    var (progress, lines) = progress(4, done: 2)
    for _ in 0..<3 { progress.step() }
    #expect(
      lines.all == [
        "\(bar(22)) 3 of 4", "\(up)\(bar(30)) 4 of 4", "\(up)\(bar(30)) 5 of 4",
      ])
    var (empty, nothing) = self.progress(0)
    empty.step()
    #expect(nothing.all == ["\(bar(30)) 1 of 0"])
  }

  @Test func `elsewhere than on a terminal only notes are told`() {
    var (progress, lines) = progress(2, isTerminal: false)
    progress.step()
    progress.note("a.md: empty")
    progress.step()
    #expect(lines.all == ["a.md: empty"])
  }
}
