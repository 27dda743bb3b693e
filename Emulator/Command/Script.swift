import Models

extension StartOptions {
  /// Longer scripts are taken for a mistake.
  private static let longestScript = 4 * 1024 * 1024

  /// The written answers that the options name.
  func readScript() throws(ProjectError) -> ScriptedAnswers? {
    guard let script else { return nil }
    do {
      return try ScriptedAnswers(try Files.contents(of: script, limit: Self.longestScript))
    } catch {
      throw ProjectError(description: "\(script): \(error)")
    }
  }
}
