/// A second of UTC as request signing writes it: `20150830T123600Z`.
package struct SigningTime: Sendable, Equatable {
  /// Unix seconds.
  package let seconds: Int

  /// - Parameter seconds: Unix seconds, of the years 1970 to 9999.
  package init(seconds: Int) {
    self.seconds = min(max(seconds, 0), 253_402_300_799)
  }

  /// Nil for any other form, or when there is no such second.
  package init?(_ text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 16, digits[8] == 0x54, digits[15] == 0x5A else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      digits[range].reduce(0) { sum, digit in
        guard let sum, (0x30...0x39).contains(digit) else { return nil }
        return sum * 10 + Int(digit - 0x30)
      }
    }
    guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
      let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15),
      hour < 24, minute < 60, second < 60, year >= 1_970
    else { return nil }
    let days = SigningTime.days(year: year, month: month, day: day)
    self.init(seconds: days * 86_400 + hour * 3_600 + minute * 60 + second)
    guard self.text == text else { return nil }  // the 30th of February
  }

  package var text: String {
    let rest = seconds % 86_400
    return String(unsafeUninitializedCapacity: 16) { text in
      writeDay(to: text)
      text[8] = 0x54
      Self.write(rest / 3_600, to: text, at: 9)
      Self.write(rest % 3_600 / 60, to: text, at: 11)
      Self.write(rest % 60, to: text, at: 13)
      text[15] = 0x5A
      return 16
    }
  }

  /// `20150830`.
  package var day: String {
    String(unsafeUninitializedCapacity: 8) { text in
      writeDay(to: text)
      return 8
    }
  }

  private func writeDay(to text: UnsafeMutableBufferPointer<UInt8>) {
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days.
    let days = seconds / 86_400 + 719_468
    let era = days / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    Self.write(year / 100, to: text, at: 0)
    Self.write(year % 100, to: text, at: 2)
    Self.write(month, to: text, at: 4)
    Self.write(dayOfYear - (153 * shifted + 2) / 5 + 1, to: text, at: 6)
  }

  private static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Two digits.
  private static func write(
    _ number: Int, to text: UnsafeMutableBufferPointer<UInt8>, at place: Int
  ) {
    text[place] = 0x30 + UInt8(number / 10)
    text[place + 1] = 0x30 + UInt8(number % 10)
  }
}
