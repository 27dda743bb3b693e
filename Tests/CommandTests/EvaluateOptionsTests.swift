import Evaluation
import Testing

@testable import Command

@Suite struct EvaluateOptionsTests {
  private func read(_ words: String...) throws -> EvaluateOptions? {
    guard case .evaluate(let options) = try Command(["evaluate"] + words) else { return nil }
    return options
  }

  @Test func `what is not said has its usual value`() throws {
    let options = try #require(try read("japanese"))
    #expect(options.assistant == "japanese")
    #expect(options.address == "http://127.0.0.1:3000")
    #expect(options.variants == [nil])
    #expect(options.concurrency == 4 && options.timeout == 60)
    #expect(options.questions == nil && options.minimumAccuracy == nil && options.only.isEmpty)
  }

  @Test func `reads every option`() throws {
    let options = try #require(
      try read(
        "japanese", "--questions", "q.jsonl", "--url", "https://host/", "--token", "t", "--only",
        "kanji,eat", "--only=greeting", "--limit", "9", "--concurrency", "1", "--timeout", "5",
        "--answers", "a.jsonl", "--html", "r.html", "--json", "-", "--minimum-accuracy", "0.85",
        "--price", "1/2/0.5"))
    #expect(options.questions == "q.jsonl" && options.address == "https://host")
    #expect(options.only == ["kanji", "eat", "greeting"])
    #expect(options.limit == 9 && options.concurrency == 1 && options.timeout == 5)
    #expect(options.answers == "a.jsonl" && options.page == "r.html" && options.json == "-")
    #expect(options.minimumAccuracy == 0.85)
    #expect(options.price == Price(input: 1, output: 2, cached: 0.5))
  }

  @Test func `two versions, either way`() throws {
    #expect(try read("japanese", "--variant", "a", "--variant", "b")?.variants == ["a", "b"])
    #expect(try read("japanese", "--variant=a,b")?.variants == ["a", "b"])
    #expect(try read("japanese", "--variant", "a")?.variants == ["a"])
  }

  @Test(arguments: [
    [], ["a", "b"], ["../a"], [""], ["a", "--variant", "x", "--variant", "x"],
    ["a", "--variant", "x,y,z"], ["a", "--variant", ""], ["a", "--variant", "x&y"],
    ["a", "--limit", "0"], ["a", "--concurrency", "33"], ["a", "--timeout", "x"],
    ["a", "--minimum-accuracy", "85"], ["a", "--minimum-accuracy", "nan"], ["a", "--price", "1"],
    ["a", "--url", "host"], ["a", "--url", "http://h?x"], ["a", "--html", ""],
    ["a", "--limit", "1", "--limit", "2"], ["a", "--html"],
  ]) func `refuses what it cannot use`(_ words: [String]) {
    #expect(throws: UsageError.self) { try Command(["evaluate"] + words) }
  }
}
