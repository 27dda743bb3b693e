import Support
import Testing

@testable import Routes

@Suite struct EvaluationFilesTests {
  @Test func `every assistant has a question file, and every question file an assistant`() {
    let files = Project.files(below: "evaluation", ending: ".jsonl")
    #expect(Set(files) == Set(AssistantList.names.map { "evaluation/\($0).jsonl" }))
  }
}
