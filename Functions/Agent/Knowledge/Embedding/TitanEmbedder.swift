package import Cloud
import JSON

/// Amazon Titan's text embeddings through Bedrock: one text a request, four on their way at once.
///
/// Shape: Bedrock user guide, "Amazon Titan Embeddings text". Version 1 knows 1,536 dimensions alone
/// and takes no options.
package struct TitanEmbedder: Embedder {
  private static let sideBySide = 4

  package let id: EmbedderID
  private let model: String
  private let inference: Inference

  package init(_ inference: Inference, model: String, dimension: Int) {
    self.inference = inference
    self.model = model
    id = EmbedderID(name: "bedrock/\(model)", version: "1", dimension: dimension)
  }

  package func embed(
    _ texts: [String], for purpose: EmbeddingPurpose, until deadline: ContinuousClock.Instant,
    count: @escaping @Sendable (_ tokens: Int) -> Void
  ) async throws -> [[Float]] {
    try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      var vectors = [[Float]](repeating: [], count: texts.count)
      for (place, text) in texts.enumerated() {
        if place >= Self.sideBySide, let (done, vector) = try await group.next() {
          vectors[done] = vector
        }
        group.addTask { (place, try await embed(text, until: deadline, count)) }
      }
      for try await (place, vector) in group { vectors[place] = vector }
      return vectors
    }
  }

  private func embed(
    _ text: String, until deadline: ContinuousClock.Instant, _ count: @Sendable (Int) -> Void
  ) async throws -> [Float] {
    var body: JSONValue = ["inputText": .string(text)]
    if !model.contains("-v1") {
      body["dimensions"] = .int(id.dimension)
      body["normalize"] = true
    }
    let bytes = try await inference.until(deadline).invoke(model, body.encoded())
    let answer = try? JSONValue(parsing: bytes)
    let reported = answer?["inputTextTokenCount"]?.int ?? 0
    count(
      (1...HTTPEmbedder.mostTokens).contains(reported)
        ? reported : TokenEstimate.tokens(in: text))
    let vector = answer?["embedding"]?.floats
    guard let vector, vector.count == id.dimension else {
      throw EmbeddingError.malformed("\(vector?.count ?? 0) values instead of \(id.dimension)")
    }
    return vector
  }
}
