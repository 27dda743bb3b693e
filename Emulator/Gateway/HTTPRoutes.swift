import Template

/// The routes of an HTTP API, and the rules by which one is chosen.
///
/// Source: API Gateway developer guide, "Create routes for HTTP APIs": a full match, then a greedy
/// variable, then `$default`; a static segment goes before a variable, a method before `ANY`.
struct HTTPRoutes: Sendable {
  struct Match: Sendable {
    let route: HTTPRoute
    let parameters: [(name: String, value: String)]
  }

  private enum Segment: Sendable, Equatable {
    case fixed(String)
    case variable(String)
    case greedy(String)
  }

  private struct Pattern: Sendable {
    let route: HTTPRoute
    let method: String
    let segments: [Segment]

    var isGreedy: Bool {
      if case .greedy = segments.last { true } else { false }
    }
  }

  /// The most specific first.
  private let patterns: [Pattern]
  private let fallback: HTTPRoute?

  init(_ routes: [HTTPRoute]) {
    fallback = routes.first { $0.key == "$default" }
    patterns = routes.filter { $0.key != "$default" }.map { HTTPRoutes.pattern($0) }
      .sorted { HTTPRoutes.goesBefore($0, $1) }
  }

  /// The route for a method and a path, still percent-encoded.
  func match(method: String, path: String) -> Match? {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      .map { PercentEncoding.decoded($0) }
    for pattern in patterns where pattern.method == method || pattern.method == "ANY" {
      if let parameters = HTTPRoutes.parameters(of: pattern, segments) {
        return Match(route: pattern.route, parameters: parameters)
      }
    }
    return fallback.map { Match(route: $0, parameters: []) }
  }

  private static func pattern(_ route: HTTPRoute) -> Pattern {
    let parts = route.key.split(separator: " ", maxSplits: 1)
    let segments = (parts.last ?? "").split(separator: "/", omittingEmptySubsequences: false)
      .dropFirst().map { segment -> Segment in
        guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return .fixed(String(segment)) }
        let name = segment.dropFirst().dropLast()
        return name.hasSuffix("+") ? .greedy(String(name.dropLast())) : .variable(String(name))
      }
    return Pattern(route: route, method: String(parts.first ?? ""), segments: segments)
  }

  private static func goesBefore(_ left: Pattern, _ right: Pattern) -> Bool {
    if left.isGreedy != right.isGreedy { return right.isGreedy }
    for (first, second) in zip(left.segments, right.segments) {
      let ranks = (rank(first), rank(second))
      if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
    }
    if left.segments.count != right.segments.count {
      return left.segments.count > right.segments.count
    }
    return left.method != "ANY" && right.method == "ANY"
  }

  private static func rank(_ segment: Segment) -> Int {
    switch segment {
    case .fixed: 0
    case .variable: 1
    case .greedy: 2
    }
  }

  private static func parameters(
    of pattern: Pattern, _ segments: [String]
  ) -> [(name: String, value: String)]? {
    let count = pattern.segments.count
    guard pattern.isGreedy ? segments.count >= count : segments.count == count else { return nil }
    var parameters: [(String, String)] = []
    for (index, segment) in pattern.segments.enumerated() {
      switch segment {
      case .fixed(let text):
        guard segments[index] == text else { return nil }
      case .variable(let name):
        guard !segments[index].isEmpty else { return nil }
        parameters.append((name, segments[index]))
      case .greedy(let name):
        let rest = segments[index...].joined(separator: "/")
        guard !rest.isEmpty else { return nil }
        parameters.append((name, rest))
      }
    }
    return parameters
  }
}
