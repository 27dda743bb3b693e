import Glibc
import JSON

/// Chooses tools by what they say about themselves.
///
/// A tool is chosen when words of the question stand in its name, description or arguments, rarer words
/// among the offered tools counting more, and when its required arguments can be filled from the
/// question. A tool that changes something has to be asked for in its own words; that the others found
/// nothing is no reason to call it. Nothing here knows any tool by name.
struct ToolChoice {
  struct Candidate: Equatable {
    var name: String
    var calls: [JSONValue]
    /// How well the words fit; 0 when none does.
    var words: Double
    /// How well the arguments fit.
    var fit: Double

    var score: Double { words + fit }
  }

  /// Several terms in one question are looked up side by side, up to this many.
  private static let mostCalls = 4

  private let profiles: [ToolProfile]
  private let question: Question

  init(_ tools: [ToolOffer], for question: Question) {
    profiles = tools.map(ToolProfile.init)
    self.question = question
  }

  /// The tools that fit, best first; of equals the one offered first.
  func candidates() -> [Candidate] {
    let stems = question.stems
    let fitting = profiles.compactMap { profile -> Candidate? in
      guard profile.requests.isEmpty || stems.contains(where: profile.requests.contains) else {
        return nil
      }
      let words = words(of: profile)
      guard let candidate = candidate(profile, words: words) else { return nil }
      return words > 0 || candidate.fit >= 1 || isBareWord ? candidate : nil
    }
    return fitting.enumerated()
      .sorted { ($0.element.score, $1.offset) > ($1.element.score, $0.offset) }.map(\.element)
  }

  /// Nothing but a word or two: somebody wants to know something about them.
  private var isBareWord: Bool {
    let words = Words.tokens(question.head.folded).map(\.text)
    return (1...2).contains(words.count)
      && words.allSatisfy { !Words.empty.contains($0) && $0.count > 2 }
  }

  /// The best call of a tool that has to be called, whether it fits or not.
  func forced(_ name: String?) -> Candidate? {
    if name == nil, let best = candidates().first { return best }
    guard let profile = profiles.first(where: { name == nil || $0.tool.name == name }) else {
      return nil
    }
    if let candidate = candidate(profile, words: words(of: profile)) { return candidate }
    let arguments = ArgumentFilling(question, business: profile.business).forced(
      profile.tool.parameters)
    return Candidate(name: profile.tool.name, calls: [arguments], words: 0, fit: 0)
  }

  private func candidate(_ profile: ToolProfile, words: Double) -> Candidate? {
    let object = profile.action?.object(in: question.head)
    guard profile.action == nil || object != nil else { return nil }
    // With several texts to fill in, the object alone does not tell which is which.
    let isSimple = profile.properties.count { $0.isRequired } == 1
    let filling = ArgumentFilling(
      question, business: profile.business, object: isSimple ? object : nil)
    guard object == nil || !isSimple else {
      return filling.filled(profile, subject: nil).map {
        Candidate(name: profile.tool.name, calls: [$0.value], words: words, fit: 1 + $0.fit)
      }
    }
    let terms = question.terms
    // One call for each term, when the question is about several of them.
    let subjects: [String?] = terms.count > 1 ? Array(terms.prefix(Self.mostCalls)) : [nil]
    var calls: [JSONValue] = []
    var fit = 0.0
    for subject in subjects {
      guard let filled = filling.filled(profile, subject: subject), !calls.contains(filled.value)
      else { continue }
      calls.append(filled.value)
      fit = max(fit, filled.fit)
    }
    return calls.isEmpty
      ? nil : Candidate(name: profile.tool.name, calls: calls, words: words, fit: fit)
  }

  /// Sums what the question's words weigh in a tool, the rarer among all tools the more.
  private func words(of profile: ToolProfile) -> Double {
    Set(question.stems).reduce(0) { sum, stem in
      let weight = profile.weight(of: stem)
      guard weight > 0 else { return sum }
      let holders = profiles.count { $0.weight(of: stem) > 0 }
      return sum + weight * log(1 + Double(profiles.count) / Double(holders))
    }
  }
}
