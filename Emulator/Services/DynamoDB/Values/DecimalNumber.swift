/// A number of DynamoDB: up to 38 significant decimal digits, magnitude 1E-130 to 9.99…E+125, exact.
///
/// The value is `mantissa` × 10^`exponent`; the mantissa has no trailing zeros, so equal numbers are
/// equal values. (Developer guide, "Supported data types: Number".)
struct DecimalNumber: Hashable, Sendable {
  let isNegative: Bool
  let mantissa: UInt128
  let exponent: Int

  static let zero = DecimalNumber(isNegative: false, mantissa: 0, exponent: 0)
  static let digitLimit = 38
  static let highestMagnitude = 125
  static let lowestMagnitude = -130

  init(isNegative: Bool, mantissa: UInt128, exponent: Int) {
    self.isNegative = isNegative
    self.mantissa = mantissa
    self.exponent = exponent
  }

  init(_ value: Int) {
    var mantissa = UInt128(value.magnitude)
    var exponent = 0
    while mantissa != 0, mantissa % 10 == 0 {
      mantissa /= 10
      exponent += 1
    }
    self.init(isNegative: value < 0, mantissa: mantissa, exponent: exponent)
  }

  var isZero: Bool { mantissa == 0 }

  var digitCount: Int { DecimalNumber.digitCount(of: mantissa) }

  /// The power of ten of the first digit, as in 1.23E+2.
  var magnitude: Int { exponent + digitCount - 1 }

  /// The value as a whole number, if it is one that fits.
  var integer: Int? {
    guard !isZero else { return 0 }
    guard exponent >= 0, magnitude <= 18 else { return nil }
    let scaled = mantissa * DecimalNumber.power(exponent)
    guard let value = Int(exactly: scaled) else { return nil }
    return isNegative ? -value : value
  }

  /// 10^`exponent`, for exponents from 0 to 38.
  static func power(_ exponent: Int) -> UInt128 { powers[exponent] }

  static func digitCount(of mantissa: UInt128) -> Int {
    guard mantissa != 0 else { return 1 }
    // 1233/4096 is a little over log10(2): a first guess that is right or one too high.
    let bits = UInt128.bitWidth - mantissa.leadingZeroBitCount
    let guess = (bits * 1233) >> 12
    return mantissa >= powers[guess] ? guess + 1 : guess
  }

  private static let powers: [UInt128] = {
    var powers: [UInt128] = [1]
    for _ in 1...38 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()
}

/// Why a text is no number, or one that cannot be stored; the texts are the service's.
enum NumberError: Error, Equatable {
  case notNumeric(String)
  case overflow
  case underflow
  case tooPrecise

  var message: String {
    switch self {
    case .notNumeric(""): "The parameter cannot be converted to a numeric value"
    case .notNumeric(let text): "The parameter cannot be converted to a numeric value: \(text)"
    case .overflow:
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
    case .underflow:
      "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    case .tooPrecise: "Attempting to store more than 38 significant digits in a Number"
    }
  }
}

extension DecimalNumber {
  /// Reads `[+-]digits[.digits][e[+-]digits]`, as Java's BigDecimal does. Linear in the text, however
  /// large the exponent.
  init(_ text: String) throws(NumberError) {
    var text = text
    let parsed = text.withUTF8 { bytes -> Result<DecimalNumber, NumberError>? in
      var scan = NumberScan(bytes)
      guard scan.run() else { return nil }
      return scan.number
    }
    guard let parsed else { throw .notNumeric(text) }
    self = try parsed.get()
  }
}

/// One pass over a number's text.
private struct NumberScan {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var isNegative = false
  private var mantissa: UInt128 = 0
  /// Digits from the first that is not 0 to the last that is not 0.
  private var significant = 0
  private var zerosBehind = 0
  private var fraction = 0
  private var power = 0

  /// Exponents beyond this are all the same: out of range.
  private static let powerLimit = 1_000_000

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// False when the text is no number.
  mutating func run() -> Bool {
    isNegative = peek() == 0x2D
    if peek() == 0x2D || peek() == 0x2B { position += 1 }
    var digits = readDigits()
    if peek() == 0x2E {
      position += 1
      fraction = readDigits()
      digits += fraction
    }
    guard digits > 0 else { return false }
    if let byte = peek(), byte | 0x20 == 0x65 {
      position += 1
      guard readPower() else { return false }
    }
    return position == bytes.count
  }

  var number: Result<DecimalNumber, NumberError> {
    guard significant > 0 else { return .success(.zero) }
    let exponent = power - fraction + zerosBehind
    let magnitude = exponent + significant - 1
    if magnitude > DecimalNumber.highestMagnitude { return .failure(.overflow) }
    if magnitude < DecimalNumber.lowestMagnitude { return .failure(.underflow) }
    if significant > DecimalNumber.digitLimit { return .failure(.tooPrecise) }
    return .success(
      DecimalNumber(isNegative: isNegative, mantissa: mantissa, exponent: exponent))
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func readDigits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 {
      let digit = bytes[position] &- 0x30
      position += 1
      if digit == 0 {
        if significant > 0 { zerosBehind += 1 }
        continue
      }
      significant += zerosBehind + 1
      if significant <= DecimalNumber.digitLimit {
        mantissa = mantissa * DecimalNumber.power(zerosBehind + 1) + UInt128(digit)
      }
      zerosBehind = 0
    }
    return position - start
  }

  private mutating func readPower() -> Bool {
    let isDown = peek() == 0x2D
    if peek() == 0x2D || peek() == 0x2B { position += 1 }
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 {
      power = min(power * 10 + Int(bytes[position] &- 0x30), Self.powerLimit)
      position += 1
    }
    if isDown { power = -power }
    return position > start
  }
}
