import Glibc
import Server

/// The forms of time on S3's wire.
enum WireTime {
  /// `2009-10-12T17:50:30.000Z` of Unix milliseconds.
  static func iso(_ milliseconds: Int) -> String {
    let parts = civil(milliseconds / 1_000)
    let rest = padded(milliseconds % 1_000, 3)
    let date = "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
    return
      "\(date)T\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2)).\(rest)Z"
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT` of Unix milliseconds.
  static func http(_ milliseconds: Int) -> String {
    HTTPDate.text(Int64(milliseconds / 1_000))
  }

  /// Unix seconds of `20240120T115500Z`.
  static func seconds(basic text: String) -> Int? {
    let bytes = Array(text.utf8)
    guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else {
      return nil
    }
    func number(_ range: Range<Int>) -> Int? {
      let part = bytes[range]
      guard part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return part.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
    guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
      let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15)
    else { return nil }
    return unix(year, month, day, hour, minute, second)
  }

  /// Unix seconds of an HTTP date in its preferred form (RFC 9110 §5.6.7).
  static func seconds(http text: String) -> Int? {
    let parts = text.split { $0 == " " || $0 == "," || $0 == ":" }
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    guard parts.count == 8, parts[7] == "GMT", let day = Int(parts[1]),
      let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]),
      let hour = Int(parts[4]), let minute = Int(parts[5]), let second = Int(parts[6])
    else { return nil }
    return unix(year, month + 1, day, hour, minute, second)
  }

  /// Unix milliseconds of `2024-01-20T11:55:00Z`, with or without fractions of a second, or of a day.
  static func milliseconds(iso text: String) -> Int? {
    let halves = text.split(separator: "T", omittingEmptySubsequences: false)
    let date = halves[0].split(separator: "-").map { Int($0) }
    guard date.count == 3, let year = date[0], let month = date[1], let day = date[2],
      halves.count <= 2
    else { return nil }
    guard halves.count == 2 else { return unix(year, month, day, 0, 0, 0).map { $0 * 1_000 } }
    guard halves[1].hasSuffix("Z") else { return nil }
    let time = halves[1].dropLast().split(separator: ":")
    guard time.count == 3, let hour = Int(time[0]), let minute = Int(time[1]) else { return nil }
    let seconds = time[2].split(separator: ".")
    guard let second = seconds.first.flatMap({ Int($0) }), seconds.count <= 2,
      let whole = unix(year, month, day, hour, minute, second)
    else { return nil }
    let fraction = seconds.count == 2 ? Int((seconds[1] + "000").prefix(3)) : 0
    return fraction.map { whole * 1_000 + $0 }
  }

  private static func unix(
    _ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int
  ) -> Int? {
    guard (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    var parts = tm()
    parts.tm_year = Int32(year - 1_900)
    parts.tm_mon = Int32(month - 1)
    parts.tm_mday = Int32(day)
    parts.tm_hour = Int32(hour)
    parts.tm_min = Int32(minute)
    parts.tm_sec = Int32(second)
    return timegm(&parts)
  }

  private static func civil(
    _ seconds: Int
  ) -> (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    return (
      Int(parts.tm_year) + 1_900, Int(parts.tm_mon) + 1, Int(parts.tm_mday), Int(parts.tm_hour),
      Int(parts.tm_min), Int(parts.tm_sec)
    )
  }

  private static func padded(_ number: Int, _ count: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, count - digits.count)) + digits
  }
}
