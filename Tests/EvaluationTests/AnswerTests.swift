import Testing

@testable import Evaluation

@Suite struct AnswerReaderTests {
  private func read(_ frames: String...) -> (Answer, AnswerReader.Step) {
    var reader = AnswerReader(id: "q")
    var step = AnswerReader.Step.goesOn
    for (place, frame) in frames.enumerated() where step == .goesOn {
      step = reader.take(frame, at: .milliseconds(place))
    }
    return (reader.answer, step)
  }

  @Test func `a whole answer`() {
    let (answer, step) = read(
      #"{"type":"start","id":"q","conversationId":"c-1"}"#,
      #"{"type":"tool","id":"q","callId":0,"name":"look","status":"running"}"#,
      #"{"type":"tool","id":"q","callId":0,"name":"look","status":"done"}"#,
      #"{"type":"chunk","id":"other","index":0,"content":"not ours"}"#,
      #"{"type":"chunk","id":"q","index":0,"content":"Hel"}"#,
      #"{"type":"chunk","id":"q","index":1,"content":"lo"}"#,
      #"""
      {"type":"complete","id":"q","finishReason":"complete","model":"m","variant":"short",
       "sources":[{"source":"a"},{"source":"b"}],
       "usage":{"inputTokens":7,"outputTokens":2,"cachedInputTokens":1}}
      """#)
    #expect(step == .ended)
    #expect(answer.text == "Hello")
    #expect(answer.tools == ["look"])
    #expect(answer.sources == ["a", "b"])
    #expect(answer.tokens == Answer.Tokens(input: 7, output: 2, cached: 1))
    #expect(answer.firstChunk == .milliseconds(4))
    #expect(answer.total == .milliseconds(6))
    #expect(answer.variant == "short")
    #expect(answer.isComplete)
  }

  @Test(arguments: [
    "nonsense", "[]", #"{"type":"chunk","id":"q","index":1,"content":"x"}"#,
    #"{"type":"chunk","id":"q","index":0}"#, #"{"type":"tool","id":"q"}"#,
    #"{"message":"Internal server error","connectionId":"c","requestId":"r"}"#,
    #"{"type":"error","id":"q","code":"model_unavailable","message":"Sorry."}"#,
  ]) func `a failure is told`(_ frame: String) {
    let (answer, step) = read(frame)
    #expect(step == .ended)
    #expect(answer.failure != nil)
    #expect(!answer.isComplete)
  }

  @Test func `throttling passes, and waits as long as the server says`() {
    let (_, step) = read(
      #"{"type":"error","id":"q","code":"too_many_requests","message":"","retryAfter":7}"#)
    #expect(step == .tryAgain(after: .seconds(7)))
    let (_, long) = read(
      #"{"type":"error","id":"q","code":"too_many_requests","message":"","retryAfter":99999}"#)
    #expect(long == .tryAgain(after: .seconds(60)))
  }
}

@Suite struct EvaluatorTests {
  private let tasks = (0..<20).map {
    Evaluator.Task(Question(id: "q\($0)", "?"), variant: nil)
  }

  private let line = AnswerLine(assistant: "japanese", address: "http://127.0.0.1:3000")

  private actor Load {
    var now = 0
    var most = 0
    func begin() {
      now += 1
      most = max(most, now)
    }
    func end() { now -= 1 }
  }

  @Test func `asks everything once, never more than allowed at a time`() async throws {
    let load = Load()
    let evaluator = Evaluator(concurrency: 3) { question, _ in
      await load.begin()
      for _ in 0..<20 { await Task.yield() }
      await load.end()
      var answer = Answer.good
      answer.text = question.id
      return answer
    }
    var recorded: [String] = []
    let answers = try await evaluator.run(tasks) { task, _ in recorded.append(task.question.id) }
    #expect(answers.count == 20)
    #expect(Set(recorded).count == 20)
    #expect(answers[tasks[7]]?.text == "q7")
    #expect(await load.most <= 3)
  }

  @Test func `goes on where it was, and asks again what failed or was reworded`() async throws {
    var bytes: [UInt8] = []
    for task in tasks.prefix(10) { bytes += line.text(task, .good) }
    var failed = Answer()
    failed.failure = "gone"
    bytes += line.text(tasks[10], failed)
    let reworded = Evaluator.Task(Question(id: "q11", "another?"), variant: nil)
    bytes += line.text(reworded, .good)
    let other = Evaluator.Task(tasks[12].question, variant: "short")
    bytes += line.text(other, .good)
    bytes += AnswerLine(assistant: "other", address: "http://127.0.0.1:3000").text(tasks[14], .good)
    let whole = bytes.count
    bytes += line.text(tasks[13], .good).dropLast(9)
    let kept = try line.answers(in: bytes, to: tasks)
    #expect(kept.answers.count == 10)
    #expect(kept.whole == whole)
    #expect(kept.answers[tasks[0]] == .good)
    var asked: Set<String> = []
    let evaluator = Evaluator(concurrency: 4) { _, _ in .good }
    let answers = try await evaluator.run(tasks, known: kept.answers) { task, _ in
      asked.insert(task.question.id)
    }
    #expect(answers.count == 20)
    #expect(asked == Set((10..<20).map { "q\($0)" }))
  }

  @Test func `when it is enough nothing new is asked, and what is on its way counts`() async throws
  {
    let evaluator = Evaluator(concurrency: 3) { _, _ in .good }
    var count = 0
    let answers = try await evaluator.run(
      tasks, until: { count >= 5 }, record: { _, _ in count += 1 })
    #expect((5...7).contains(answers.count))
  }

  @Test func `two versions take turns in being the first`() {
    let questions = tasks.prefix(3).map(\.question)
    let order = Evaluator.tasks(questions, variants: ["a", "b"]).map {
      "\($0.question.id)\($0.variant ?? "")"
    }
    #expect(order == ["q0a", "q0b", "q1b", "q1a", "q2a", "q2b"])
  }

  @Test func `a file of something else is refused with its line`() {
    let bytes = line.text(tasks[0], .good) + Array("nonsense\n".utf8)
    do throws(QuestionFile.Problem) {
      _ = try line.answers(in: bytes, to: tasks)
      Issue.record("accepted")
    } catch {
      #expect(error.line == 2)
    }
  }
}
