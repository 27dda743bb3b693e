import Crypto
import JSON

/// Secrets by name: AWS Secrets Manager, kept for a while.
///
/// Askers at the same time share one request. When the service fails, the last good value is given
/// out until it is too old. A value is never logged; ``Secret`` prints as dots.
package actor Secrets {
  private struct Kept {
    let value: Secret
    let read: ContinuousClock.Instant
  }

  private let client: CloudClient
  private let life: Duration
  private let longestLife: Duration
  private var kept: [String: Kept] = [:]
  private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

  /// - Parameters:
  ///   - client: Reads.
  ///   - life: How long a value is given out without asking again.
  ///   - longestLife: How long it is given out while the service fails.
  package init(
    _ client: CloudClient, life: Duration = .seconds(300), longestLife: Duration = .seconds(3_600)
  ) {
    self.client = client
    self.life = life
    self.longestLife = longestLife
  }

  /// The current value of a secret; `isFresh` asks the service whatever is kept.
  package func value(
    of name: String, isFresh: Bool = false, until deadline: ContinuousClock.Instant? = nil
  ) async throws(CloudError) -> Secret {
    let asked = ContinuousClock.now
    while true {
      if let kept = kept[name], isFresh ? kept.read >= asked : asked - kept.read < life {
        return kept.value
      }
      guard waiting[name] != nil else { break }
      // Somebody is asking; if that fails for them, we ask ourselves.
      await withCheckedContinuation { waiting[name]?.append($0) }
    }
    waiting[name] = []
    defer {
      for continuation in waiting.removeValue(forKey: name) ?? [] { continuation.resume() }
    }
    do throws(CloudError) {
      let value = try await read(name, deadline)
      kept[name] = Kept(value: value, read: .now)
      return value
    } catch {
      if !isFresh, let old = kept[name], .now - old.read < longestLife { return old.value }
      throw error
    }
  }

  private func read(
    _ name: String, _ deadline: ContinuousClock.Instant?
  ) async throws(CloudError) -> Secret {
    var body = RequestBody()
    body.member("SecretId", name)
    let client = deadline.map(client.until) ?? client
    let answer = try await client.sendJSON(
      .secretsManager, target: "secretsmanager.GetSecretValue", version: "1.1", body.finished()
    ).json()
    if let text = answer["SecretString"]?.string { return Secret(bytes: Array(text.utf8)) }
    guard let bytes = answer["SecretBinary"]?.string.flatMap(Base64.standard.decode) else {
      throw .malformedResponse("a secret without a value")
    }
    return Secret(bytes: bytes)
  }
}

/// The value of a secret. Printing it shows nothing of it.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// Nil when the value is no UTF-8.
  package var text: String? { String(validating: bytes, as: UTF8.self) }

  package var description: String { "•••" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
