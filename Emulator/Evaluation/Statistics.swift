import Glibc

/// The statistics of an evaluation: closed formulas, so that the same answers give the same figures.
enum Statistics {
  /// The normal distribution's quantile for 95 %.
  private static let z = 1.959_963_984_540_054

  /// The value that `share` of the values do not exceed (nearest rank); nil without values.
  static func percentile<Value: Comparable>(_ values: [Value], _ share: Double) -> Value? {
    guard !values.isEmpty else { return nil }
    let rank = Int((share * Double(values.count)).rounded(.up))
    return values.sorted()[min(max(rank, 1), values.count) - 1]
  }

  /// Wilson's 95 % interval of a share, good also for few trials and shares near 0 and 1.
  static func interval(_ successes: Int, of trials: Int) -> ClosedRange<Double> {
    guard trials > 0 else { return 0...1 }
    let n = Double(trials)
    let share = Double(successes) / n
    let centre = share + z * z / (2 * n)
    let spread = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    let low = successes == 0 ? 0 : (centre - spread) / scale
    let high = successes == trials ? 1 : (centre + spread) / scale
    return max(0, low)...min(1, high)
  }

  /// McNemar's exact test, two-sided: how likely it is that two equally good versions differ at least
  /// this much, when `first` questions only the one and `second` only the other answers rightly.
  static func mcNemar(_ first: Int, _ second: Int) -> Double {
    let trials = first + second
    guard trials > 0 else { return 1 }
    var tail = 0.0
    for count in 0...min(first, second) { tail += binomialHalf(count, of: trials) }
    return min(1, 2 * tail)
  }

  /// Two versions on the same questions: how many both, only one or neither answered rightly.
  struct Pairs: Equatable {
    var both = 0
    var onlyFirst = 0
    var onlySecond = 0
    var neither = 0

    var count: Int { both + onlyFirst + onlySecond + neither }
  }

  /// The 95 % interval of how much more often the second of two paired versions is right.
  ///
  /// Newcombe 1998 (Statistics in Medicine 17, 2635–2650), method 10: Wilson's intervals of both shares,
  /// joined with their correlation. Unlike a bootstrap it has a width also when no pair differs.
  static func differenceInterval(_ pairs: Pairs) -> ClosedRange<Double> {
    guard pairs.count > 0 else { return -1...1 }
    let n = Double(pairs.count)
    let first = pairs.both + pairs.onlyFirst
    let second = pairs.both + pairs.onlySecond
    let (p1, p2) = (Double(first) / n, Double(second) / n)
    let (i1, i2) = (interval(first, of: pairs.count), interval(second, of: pairs.count))
    let phi = correlation(pairs)
    // The roots are of numbers that rounding may take below 0.
    func joined(_ a: Double, _ b: Double) -> Double {
      max(0, a * a - 2 * phi * a * b + b * b).squareRoot()
    }
    let low = p2 - p1 - joined(p2 - i2.lowerBound, i1.upperBound - p1)
    let high = p2 - p1 + joined(i2.upperBound - p2, p1 - i1.lowerBound)
    return max(-1, low)...min(1, max(low, high))
  }

  /// Phi with the continuity correction of Newcombe's method 10.
  private static func correlation(_ pairs: Pairs) -> Double {
    let both = Double(pairs.both)
    let neither = Double(pairs.neither)
    let (first, second) = (Double(pairs.onlyFirst), Double(pairs.onlySecond))
    let margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    guard margins > 0 else { return 0 }
    let excess = both * neither - first * second
    let corrected = excess > 0 ? max(0, excess - Double(pairs.count) / 2) : excess
    return corrected / margins.squareRoot()
  }

  /// The middle of the values; nil without values.
  static func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The interval that holds the median with at least 95 %, between two of the values (from the sign
  /// test: Conover, Practical Nonparametric Statistics, 3.2); nil for fewer than six values, of which
  /// none is wide enough.
  static func medianInterval(_ values: [Double]) -> ClosedRange<Double>? {
    let count = values.count
    let sorted = values.sorted()
    // The most values that may be left out on each side: P(X < left) ≤ 0.025 with X of B(count, 1/2).
    var tail = 0.0
    var left = 0
    while left < count {
      tail += binomialHalf(left, of: count)
      guard tail <= 0.025 else { break }
      left += 1
    }
    guard left > 0 else { return nil }
    return sorted[left - 1]...sorted[count - left]
  }

  /// How likely `count` heads are among `trials` throws.
  private static func binomialHalf(_ count: Int, of trials: Int) -> Double {
    exp(
      lgamma(Double(trials + 1)) - lgamma(Double(count + 1)) - lgamma(Double(trials - count + 1))
        - Double(trials) * log(2))
  }
}
