/// How answers say that they do not know.
enum Declining {
  /// In English and Japanese; what a question forbids beside them is still forbidden.
  static let phrases = [
    "do not know", "don't know", "does not know", "not know", "not sure", "not certain",
    "could not find", "couldn't find", "cannot find", "can't find", "did not find", "didn't find",
    "found nothing", "nothing was found", "found no", "not found", "no entry", "no information",
    "no results", "no such", "have nothing", "is not in", "are not in", "isn't in", "is not among",
    "are not among", "isn't among", "not part of", "do not have", "don't have", "does not contain",
    "doesn't contain", "not available", "could not look", "couldn't look", "cannot answer",
    "can't answer", "cannot help", "can't help", "cannot tell", "can't tell", "cannot say",
    "can't say", "cannot provide", "can't provide", "unable to", "there is no", "no access",
    "does not exist", "doesn't exist", "分かりません", "わかりません", "分からない", "わからない",
    "見つかりません", "見つけられません", "存じません", "知りません", "答えられません", "お答えできません",
    "載っていません", "情報がありません", "情報はありません", "ありませんでした", "調べられません",
    "できませんでした", "存在しません",
  ].map { Wording($0) }

  static func isFound(in wording: Wording) -> Bool { phrases.contains { wording.contains($0) } }
}
