import Agent
import Assistants
import Events
import LambdaRuntime

/// `ingest`: loads the tutor's knowledge, which lies in the function's own package.
///
/// Takes any event; repeating it is harmless. Invoked once while the table is empty.
struct Ingest: Handler {
  let ingestion: JapaneseIngestion
  /// An empty one is made where there is none: one that is missing later is made anew.
  let documents: IndexStore
  /// Of the knowledge's files.
  let folder: String

  struct Summary: Encodable, Equatable {
    /// False when this version of the knowledge was there already.
    let hasWritten: Bool
    let words: Int
    let kanji: Int
    let sentences: Int
    /// Bytes.
    let index: Int
  }

  func handle(_ event: EventValue, _ invocation: Invocation) async throws -> Summary {
    let summary = try await ingestion.run(folder: folder) { progress in
      invocation.log.info(
        "ingesting", ["done": .integer(progress.done), "total": .integer(progress.total)])
    }
    try await documents.createIfAbsent()
    return Summary(
      hasWritten: summary.hasWritten, words: summary.words, kanji: summary.kanji,
      sentences: summary.sentences, index: summary.index)
  }
}
