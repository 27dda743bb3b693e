import Agent
import Cloud
import Events
import JSON
import LambdaRuntime
import Network
import Testing

@testable import Routes

/// A long conversation against a whole cloud with the emulator's own model.
@Suite struct LongConversationTests {
  @Test func `the small model tells what fell out, and answers stay what they are`() async throws {
    try await SmallCloud.run { _, environment in
      let settings = environment.merging(["SUMMARY_MODEL": "openai:gpt-4o-mini"]) { $1 }
      let program = try Program(environment: settings)
      _ = try await program.ingest().handle(.null, Invocation())
      let user = try await signedToken("ana", role: "user", environment)
      let messages = program.messages()
      var id: JSONValue = .null
      var last: JSONValue = .null
      for number in 1...11 {
        let question =
          number == 2
          ? "Please summarize what the word 語 means." : "What does 食べる mean? Number \(number)."
        let event = try request(
          "/api/v1/messages", method: "POST", token: user,
          body: ["message": .string(question), "conversationId": id])
        last = try body(await messages.handle(event, Invocation()))
        id = try #require(last["conversationId"], "\(last)")
      }
      #expect(last["content"]?.string?.contains("to eat") == true, "\(last)")
      let store = Store(CloudClient(CloudSettings(environment: environment), http: HTTPClient()))
      let conversation = try #require(id.string)
      let turn = try await store.get(
        ["conversation": .string("acme#\(conversation)"), "number": 4], from: "martlet-turns")
      let summary = try #require(turn?["summary"])
      #expect(summary["turns"]?.int == 4)
      #expect(summary["model"]?.string == "openai/gpt-4o-mini")
      #expect(summary["text"]?.string?.contains("食べる") == true, "\(summary)")
    }
  }
}
