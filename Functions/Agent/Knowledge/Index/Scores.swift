/// What the passages of an index have reached so far for one question.
struct Scores {
  var score: [Float]
  var weight: [Float]
  private var touched: [Int] = []

  init(count: Int) {
    score = [Float](repeating: 0, count: count)
    weight = score
  }

  mutating func add(_ points: Float, weight rarity: Float, to number: Int) {
    if weight[number] == 0 { touched.append(number) }
    score[number] += points
    weight[number] += rarity
  }

  /// The numbers of the best admitted passages. Keeps `limit` candidates, worst last.
  func best(_ limit: Int, where isAdmitted: (Int) -> Bool) -> [Int] {
    var best: [Int] = []
    for number in touched {
      if best.count == limit, let last = best.last, !precedes(number, last) { continue }
      guard isAdmitted(number) else { continue }
      let place = best.firstIndex { precedes(number, $0) } ?? best.endIndex
      best.insert(number, at: place)
      if best.count > limit { best.removeLast() }
    }
    return best
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    score[a] != score[b] ? score[a] > score[b] : a < b
  }
}
