import Compression
import Server

/// How an answer is compressed: as the client prefers (RFC 9110 §12.5.3) of what the service has, and
/// only from 4 KB on.
enum AnswerEncoding: Equatable {
  case identity
  case gzip
  case deflate

  /// Shorter answers are sent as they are (bytes).
  static let threshold = 4096

  init(accepted headers: HTTPHeaders) {
    guard headers.contains("Accept-Encoding") else {
      self = .identity
      return
    }
    self.init(accepted: headers.values(of: "Accept-Encoding").joined(separator: ","))
  }

  /// The coding with the highest weight, the first of equal ones. `*` stands for those that are not
  /// named, gzip first.
  init(accepted list: String) {
    var choices: [(name: String, weight: Double)] = []
    for entry in list.lowercased().split(separator: ",") {
      let parts = entry.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
      guard let name = parts.first, !name.isEmpty else { continue }
      // As the service does, a weight that is none counts as 1.
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap {
        Double($0.dropFirst(2))
      }
      choices.append((name, min(weight ?? 1, 1)))
    }
    let codings: [(coding: Self, name: String)] = [(.gzip, "gzip"), (.deflate, "deflate")]
    var best: (coding: Self, weight: Double) = (.identity, 0)
    for (name, weight) in choices where weight > best.weight {
      guard let known = codings.first(where: { $0.name == name }) else { continue }
      best = (known.coding, weight)
    }
    let rest = codings.first { coding in !choices.contains { $0.name == coding.name } }
    if let rest, let any = choices.first(where: { $0.name == "*" }), any.weight > best.weight {
      best = (rest.coding, any.weight)
    }
    self = best.coding
  }

  /// The body as it is sent, and the name of its coding.
  func encode(_ body: [UInt8]) -> (body: [UInt8], name: String?) {
    guard body.count >= Self.threshold else { return (body, nil) }
    switch self {
    case .identity: return (body, nil)
    case .gzip: return (Deflate.gzip(body), "gzip")
    case .deflate: return (Deflate.zlib(body), "deflate")
    }
  }
}
