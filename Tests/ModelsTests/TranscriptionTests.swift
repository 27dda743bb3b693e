import JSON
import Server
import Testing

@testable import Models

/// A WAV file made of tones and silences.
private struct Recording {
  var rate = 8_000
  var bits = 16
  var channels = 1

  /// Seconds of sound and of silence, in turns.
  func file(_ parts: [Double], format: UInt16? = nil) -> [UInt8] {
    var sound: [UInt8] = []
    for (place, seconds) in parts.enumerated() {
      for moment in 0..<Int(seconds * Double(rate)) {
        let isLoud = place.isMultiple(of: 2)
        let value = isLoud ? (moment / 10 % 2 == 0 ? 0.5 : -0.5) : 0
        for _ in 0..<channels { sound += sample(value) }
      }
    }
    let step = bits / 8 * channels
    return Array("RIFF".utf8) + number(36 + sound.count, 4) + Array("WAVEfmt ".utf8)
      + number(16, 4) + number(Int(format ?? 1), 2) + number(channels, 2) + number(rate, 4)
      + number(rate * step, 4) + number(step, 2) + number(bits, 2) + Array("data".utf8)
      + number(sound.count, 4) + sound
  }

  private func sample(_ value: Double) -> [UInt8] {
    bits == 8
      ? [UInt8(128 + value * 127)] : number(Int(value * Double(1 << (bits - 1) - 1)), bits / 8)
  }

  private func number(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

@Suite struct TranscriptionTests {
  private func send(
    _ file: [UInt8], named name: String = "order.wav", _ fields: [(String, String)] = [],
    model: String? = "whisper-1", script: String? = nil
  ) async throws -> (status: Int, text: String) {
    var body: [UInt8] = []
    for (name, value) in fields + (model.map { [("model", $0)] } ?? []) {
      body += Array(
        "--xyz\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }
    body += Array(
      "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n".utf8)
    body += Array("Content-Type: audio/wav\r\n\r\n".utf8) + file + Array("\r\n--xyz--\r\n".utf8)
    let providers = ModelProviders(script: try script.map { try ScriptedAnswers(Array($0.utf8)) })
    let request = ProviderRequest(
      method: "POST", segments: ["audio", "transcriptions"], query: [:],
      header: {
        ["Authorization": "Bearer k", "Content-Type": "multipart/form-data; boundary=xyz"][$0]
      }, body: body)
    let answer = providers.answer(request, OpenAI())
    return (answer.status, String(decoding: answer.body, as: UTF8.self))
  }

  private static let script = """
    {"answers": [{"task": "transcription", "contains": "order", "text": "Two coffees, please. To go."},
                 {"contains": "order", "text": "not this one"}]}
    """

  @Test(arguments: [
    (8_000, 16, 1), (44_100, 16, 2), (16_000, 8, 1), (24_000, 24, 2), (8_000, 32, 1),
  ])
  func `measures length and silences`(rate: Int, bits: Int, channels: Int) throws {
    let recording = Recording(rate: rate, bits: bits, channels: channels)
    let speech = try WAVFile(recording.file([1, 0.3, 0.5, 1, 0.5])[...]).speech
    #expect(abs(speech.length - 3.3) < 0.001)
    // Three tenths of silence part nothing, a whole second does.
    #expect(speech.parts.count == 2)
    for (found, expected) in zip(speech.parts, [0.0..<1.8, 2.8..<3.3]) {
      #expect(abs(found.lowerBound - expected.lowerBound) < 0.03)
      #expect(abs(found.upperBound - expected.upperBound) < 0.03)
    }
  }

  @Test func `writes down what the script says, with real times`() async throws {
    let file = Recording().file([1, 1, 1])
    let (status, text) = try await send(
      file,
      [
        ("response_format", "verbose_json"), ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
      ], script: Self.script)
    #expect(status == 200)
    let value = try JSONValue(parsing: text)
    #expect(value["text"] == "Two coffees, please. To go.")
    #expect(value["duration"]?.double == 3)
    #expect(value["language"] == "english")
    #expect(value["usage"] == ["type": "duration", "seconds": 3])
    let segments = try #require(value["segments"]?.array)
    #expect(segments.count == 2)
    #expect(
      segments.compactMap { $0["text"]?.string }.joined(separator: " ")
        == "Two coffees, please. To go.")
    #expect((segments[1]["start"]?.double ?? 0) > 1.9)
    #expect(value["words"]?.array?.count == 5)
  }

  @Test func `tells without a script how long somebody spoke`() async throws {
    let loud = try JSONValue(parsing: try await send(Recording().file([1, 1, 0.5])).text)
    #expect(loud["text"] == "(1.0 seconds of speech) (0.5 seconds of speech)")
    let quiet = try JSONValue(parsing: try await send(Recording().file([0, 2])).text)
    #expect(quiet["text"] == "")
  }

  @Test func `knows every format`() async throws {
    let file = Recording().file([1, 1, 1])
    func text(_ format: String) async throws -> String {
      try await send(file, [("response_format", format)], script: Self.script).text
    }
    #expect(try await text("text") == "Two coffees, please. To go.\n")
    #expect(
      try await text("srt").hasPrefix("1\n00:00:00,000 --> 00:00:01,000\nTwo coffees,"))
    #expect(try await text("vtt").hasPrefix("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nTwo"))
  }

  @Test func `streams with the newer models`() async throws {
    let (_, text) = try await send(
      Recording().file([1]), [("stream", "true")], model: "gpt-4o-transcribe",
      script: Self.script)
    let events = try text.split(separator: "\n\n").map {
      try JSONValue(parsing: String($0.dropFirst(6)))
    }
    #expect(events.compactMap { $0["delta"]?.string }.joined() == "Two coffees, please. To go.")
    #expect(events.last?["type"] == "transcript.text.done")
    #expect(events.last?["usage"]?["input_tokens"] == 10)
  }

  @Test func `refuses what it cannot read`() async throws {
    let file = Recording().file([1])
    #expect(try await send(file, model: nil).status == 400)
    #expect(try await send(file, model: "no-such-model").status == 404)
    #expect(
      try await send(Array("ID3 not sound".utf8), named: "a.mp3").text.contains("WAV files only"))
    #expect(try await send(Array("hello".utf8)).text.contains("Invalid file format"))
    #expect(try await send(Recording().file([1], format: 85)).status == 400)
    #expect(try await send(file, [("surprise", "1")]).status == 400)
    #expect(try await send(file, [("timestamp_granularities[]", "word")]).status == 400)
    let newer = try await send(file, [("response_format", "srt")], model: "gpt-4o-transcribe")
    #expect(newer.text.contains("not compatible"))
  }

  @Test func `stands files that are cut or damaged anywhere`() {
    let file = Recording(bits: 24, channels: 2).file([0.01])
    for end in file.indices { _ = try? WAVFile(file[..<end]).speech }
    for place in 0..<60 {
      for value in [UInt8(0), 1, 0x7F, 0xFF] {
        var bad = file
        bad[place] = value
        _ = try? WAVFile(bad[...]).speech
      }
    }
    let form = Array(
      "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n".utf8)
    for end in form.indices {
      _ = try? FormParts(Array(form[..<end]), contentType: "multipart/form-data; boundary=x")
    }
    for type in ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary="] {
      #expect(throws: Problem.self) { try FormParts(form, contentType: type) }
    }
  }
}
