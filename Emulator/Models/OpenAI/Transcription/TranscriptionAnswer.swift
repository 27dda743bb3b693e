import JSON

/// What was written down of a recording, in the format that was asked for.
///
/// Lengths and silences are the recording's; the words come from a script, or tell how long somebody
/// spoke. Words of a script are spread over the parts in which somebody speaks: a piece for each when
/// there are as many, else by their lengths.
struct TranscriptionAnswer {
  private struct Segment {
    var time: Range<Double>
    var text: String
  }

  private let request: TranscriptionRequest
  private let performance: Performance
  private let segments: [Segment]

  init(_ request: TranscriptionRequest, _ performance: Performance) {
    self.request = request
    self.performance = performance
    let parts = request.speech.parts
    let text = performance.reply.text
    let texts: [String]
    if text == request.speech.description {
      texts = request.speech.descriptions
    } else if performance.pieces.count == parts.count {
      texts = performance.pieces
    } else {
      texts = Self.spread(text, over: parts)
    }
    segments = zip(parts, texts).map { Segment(time: $0, text: $1.trimmed) }
  }

  var answer: ProviderAnswer {
    if request.isStream {
      return ProviderAnswer(
        type: "text/event-stream; charset=utf-8", headers: [.init("Cache-Control", "no-cache")],
        steps: EventSteps.steps(parts, of: performance))
    }
    switch request.format {
    case .json:
      return OpenAI.json(["text": .string(text), "usage": usage]).delayed(performance)
    case .detailed: return OpenAI.json(detailed).delayed(performance)
    case .text: return plain(text + "\n")
    case .srt: return plain(titles(mark: ",", hasNumbers: true))
    case .vtt: return plain("WEBVTT\n\n" + titles(mark: ".", hasNumbers: false))
    }
  }

  /// Nobody has said anything where all is quiet.
  private var text: String { segments.isEmpty ? "" : performance.reply.text }

  private func plain(_ text: String) -> ProviderAnswer {
    ProviderAnswer(type: "text/plain; charset=utf-8", body: Array(text.utf8)).delayed(performance)
  }

  /// Whisper counts seconds, begun ones as whole; the other models tokens, ten a second.
  private var usage: JSONValue {
    let seconds = Int(request.speech.length.rounded(.up))
    guard request.task.model != "whisper-1" else {
      return ["type": "duration", "seconds": .int(seconds)]
    }
    let output = Tokens.count(text)
    return [
      "type": "tokens", "input_tokens": .int(seconds * 10), "output_tokens": .int(output),
      "total_tokens": .int(seconds * 10 + output),
      "input_token_details": ["text_tokens": 0, "audio_tokens": .int(seconds * 10)],
    ]
  }

  private var detailed: JSONValue {
    var value: JSONValue = [
      "task": "transcribe", "language": .string(language),
      "duration": .double(request.speech.length), "text": .string(text), "usage": usage,
    ]
    if request.hasSegments {
      value["segments"] = .array(segments.enumerated().map { shown($1, number: $0) })
    }
    if request.hasWords { value["words"] = .array(segments.flatMap(words)) }
    return value
  }

  /// Its English name, as Whisper has it.
  private var language: String {
    switch request.language {
    case "ja": return "japanese"
    case "en": return "english"
    case let given?: return given
    case nil:
      let isJapanese = text.unicodeScalars.contains { Writing.of($0) == .japanese }
      return isJapanese ? "japanese" : "english"
    }
  }

  private func shown(_ segment: Segment, number: Int) -> JSONValue {
    [
      "id": .int(number), "seek": .int(Int(segment.time.lowerBound * 100)),
      "start": .double(segment.time.lowerBound), "end": .double(segment.time.upperBound),
      "text": .string(segment.text), "tokens": [], "temperature": 0.0, "avg_logprob": -0.1,
      "compression_ratio": 1.0, "no_speech_prob": 0.0,
    ]
  }

  /// Words at even distances.
  private func words(of segment: Segment) -> [JSONValue] {
    let words = segment.text.split(whereSeparator: \.isWhitespace)
    let step = (segment.time.upperBound - segment.time.lowerBound) / Double(max(words.count, 1))
    return words.enumerated().map { place, word in
      let start = segment.time.lowerBound + Double(place) * step
      return ["word": .string(String(word)), "start": .double(start), "end": .double(start + step)]
    }
  }

  /// Subtitles: SRT with numbers and a comma before the milliseconds, WebVTT without and with a point.
  private func titles(mark: String, hasNumbers: Bool) -> String {
    segments.enumerated().map { place, segment in
      let time =
        Self.clock(segment.time.lowerBound, mark) + " --> "
        + Self.clock(segment.time.upperBound, mark)
      return (hasNumbers ? "\(place + 1)\n" : "") + "\(time)\n\(segment.text)\n\n"
    }.joined()
  }

  private static func clock(_ seconds: Double, _ mark: String) -> String {
    func padded(_ number: Int, _ width: Int) -> String {
      String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
    }
    let all = Int((seconds * 1_000).rounded())
    return padded(all / 3_600_000, 2) + ":" + padded(all / 60_000 % 60, 2) + ":"
      + padded(all / 1_000 % 60, 2) + mark + padded(all % 1_000, 3)
  }

  private var parts: EventSteps.Parts {
    let pieces = segments.isEmpty ? [] : performance.pieces
    return EventSteps.Parts(
      opening: [],
      pieces: pieces.map { piece in
        EventSteps.event(["type": "transcript.text.delta", "delta": .string(piece)])
      },
      ending: [
        EventSteps.event([
          "type": "transcript.text.done", "text": .string(text), "usage": usage,
        ])
      ],
      error: EventSteps.event(
        OpenAI.error("The server had an error while processing your request.", type: "server_error")
      ), malformed: Array("data: {\"type\":\n\n".utf8))
  }

  /// A text's words, to each part as many as its length is of the whole.
  private static func spread(_ text: String, over parts: [Range<Double>]) -> [String] {
    let pieces = Array(Pieces(text, words: 1))
    let whole = parts.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
    var texts: [String] = []
    var spoken = 0.0
    var taken = 0
    for part in parts {
      spoken += part.upperBound - part.lowerBound
      let end = min(pieces.count, Int((Double(pieces.count) * spoken / whole).rounded()))
      texts.append(pieces[taken..<max(end, taken)].joined())
      taken = max(end, taken)
    }
    return texts
  }
}
