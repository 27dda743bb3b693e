/// A recording in a WAV file, as its loudness over time.
///
/// Source: "Multimedia Programming Interface and Data Specifications 1.0" (RIFF WAVE); PCM of 8, 16, 24
/// and 32 bits and 32-bit floats, any number of channels, also in the extensible form.
struct WAVFile {
  enum Problem: Error, Equatable {
    case noWAV
    /// The format's number, or its bits, are not known here.
    case unknownFormat
    case noSound
  }

  /// Seconds of one measurement.
  static let frame = 0.02
  /// Below this share of the full range (-40 dB) nobody speaks.
  private static let quietest = 0.01
  /// Seconds of silence that part one sentence from the next.
  private static let pause = 0.5
  private static let rates = 1_000...384_000

  /// Seconds.
  let length: Double
  /// The root mean square of each frame, from 0 to 1.
  let loudness: [Double]

  init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
    guard bytes.count >= 12, bytes.starts(with: Array("RIFF".utf8)),
      bytes.dropFirst(8).starts(with: Array("WAVE".utf8))
    else { throw .noWAV }
    var rest = bytes.dropFirst(12)
    var format: Format?
    while rest.count >= 8 {
      let name = rest.prefix(4)
      let size = Int(Self.number(rest.dropFirst(4).prefix(4)))
      let content = rest.dropFirst(8).prefix(size)
      if name.elementsEqual("fmt ".utf8) {
        format = try Format(content)
      } else if name.elementsEqual("data".utf8) {
        guard let format else { throw .noWAV }
        // A stream's length is unknown when its head is written: then everything is sound.
        let moments = format.moments(content)
        guard moments > 0 else { throw .noSound }
        length = Double(moments) / Double(format.rate)
        loudness = format.loudness(content)
        return
      }
      rest = rest.dropFirst(8).dropFirst(size + size % 2)
    }
    throw .noSound
  }

  /// Where somebody speaks: parted where it is quiet for half a second.
  var speech: Speech {
    var parts: [Range<Double>] = []
    for (place, value) in loudness.enumerated() where value > Self.quietest {
      let start = Double(place) * Self.frame
      let end = min(start + Self.frame, length)
      if let last = parts.last, start - last.upperBound < Self.pause {
        parts[parts.count - 1] = last.lowerBound..<end
      } else {
        parts.append(start..<end)
      }
    }
    return Speech(parts: parts, length: length)
  }

  private struct Format {
    var channels: Int
    var rate: Int
    var bits: Int
    var isFloat: Bool

    init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
      guard bytes.count >= 16 else { throw .noWAV }
      func number(_ place: Int, _ count: Int) -> Int {
        Int(WAVFile.number(bytes.dropFirst(place).prefix(count)))
      }
      // In the extensible form the format's number begins the GUID behind 24 bytes.
      let kind = number(0, 2) == 0xFFFE && bytes.count >= 26 ? number(24, 2) : number(0, 2)
      channels = number(2, 2)
      rate = number(4, 4)
      bits = number(14, 2)
      isFloat = kind == 3
      guard (1...16).contains(channels), WAVFile.rates.contains(rate) else { throw .noWAV }
      let known = isFloat ? bits == 32 : kind == 1 && [8, 16, 24, 32].contains(bits)
      guard known else { throw .unknownFormat }
    }

    private var step: Int { bits / 8 * channels }

    /// How many values each channel has.
    func moments(_ bytes: ArraySlice<UInt8>) -> Int { bytes.count / step }

    /// The root mean square of each frame; channels are mixed to their mean.
    func loudness(_ bytes: ArraySlice<UInt8>) -> [Double] {
      let size = max(1, Int(Double(rate) * WAVFile.frame))
      let moments = moments(bytes)
      let width = bits / 8
      return bytes.withUnsafeBufferPointer { bytes in
        stride(from: 0, to: moments, by: size).map { start in
          let end = min(start + size, moments)
          var squares = 0.0
          for moment in start..<end {
            var sum = 0.0
            for channel in 0..<channels {
              sum += value(bytes, at: moment * step + channel * width, width)
            }
            let mean = sum / Double(channels)
            squares += mean * mean
          }
          return (squares / Double(end - start)).squareRoot()
        }
      }
    }

    private func value(
      _ bytes: UnsafeBufferPointer<UInt8>, at place: Int, _ width: Int
    ) -> Double {
      var raw: UInt32 = 0
      for offset in 0..<width { raw |= UInt32(bytes[place + offset]) << UInt32(8 * offset) }
      if isFloat {
        let value = Double(Float(bitPattern: raw))
        return value.isFinite ? min(max(value, -1), 1) : 0
      }
      guard width > 1 else { return (Double(raw) - 128) / 128 }
      let shifted = Int32(bitPattern: raw << UInt32(32 - 8 * width))
      return Double(shifted) / 2_147_483_648
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}

extension Speech {
  /// What somebody who understands no word writes down: how long each part is.
  var description: String { descriptions.joined(separator: " ") }

  var descriptions: [String] {
    parts.map { part in
      let tenths = Int(((part.upperBound - part.lowerBound) * 10).rounded())
      return "(\(tenths / 10).\(tenths % 10) seconds of speech)"
    }
  }
}
