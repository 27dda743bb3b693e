/// The form of `POST /audio/transcriptions`, checked.
///
/// Shape: OpenAI API reference, "Create transcription".
struct TranscriptionRequest {
  enum Format: String, CaseIterable {
    case json
    case text
    case srt
    case vtt
    case detailed = "verbose_json"
  }

  private static let known: Set<String> = [
    "file", "model", "language", "prompt", "response_format", "temperature", "stream", "include",
    "timestamp_granularities", "chunking_strategy",
  ]
  /// Bytes.
  private static let longestFile = 25 * 1024 * 1024
  /// What OpenAI takes; only the last one is read here.
  private static let files = [
    "flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "webm", "wav",
  ]

  let task: ModelTask
  let speech: Speech
  let format: Format
  let language: String?
  let isStream: Bool
  let hasWords: Bool
  let hasSegments: Bool

  init(_ request: ProviderRequest) throws(Problem) {
    let form = try FormParts(request.body, contentType: request.header("Content-Type") ?? "")
    for part in form.parts {
      let name = part.name.hasSuffix("[]") ? String(part.name.dropLast(2)) : part.name
      guard Self.known.contains(name) else {
        throw Problem(.invalid, "Unknown parameter: '\(name)'.", parameter: name)
      }
    }
    guard let model = form["model"], !model.isEmpty else {
      throw Problem(.invalid, "you must provide a model parameter")
    }
    try ProviderRequest.checkModel(model)
    guard let file = form.parts.first(where: { $0.name == "file" && $0.fileName != nil }) else {
      throw Problem(.invalid, "Missing required parameter: 'file'.", parameter: "file")
    }
    speech = try Self.speech(file)
    format = try Self.format(form["response_format"] ?? "json", model)
    let details = form.all("timestamp_granularities")
    guard details.isEmpty || format == .detailed else {
      throw Problem(
        .invalid, "timestamp_granularities needs response_format 'verbose_json'.",
        parameter: "timestamp_granularities")
    }
    hasWords = details.contains("word")
    hasSegments = details.isEmpty || details.contains("segment")
    language = form["language"]
    // Whisper answers as a whole, whatever is asked.
    isStream = form["stream"]?.lowercased() == "true" && model != "whisper-1"
    var task = ModelTask(model: model)
    let words = [file.fileName, form["prompt"]].compactMap { $0 }.joined(separator: " ")
    task.messages = [.user(words)]
    task.speech = speech
    self.task = task
  }

  private static func speech(_ file: FormParts.Part) throws(Problem) -> Speech {
    guard file.content.count <= longestFile else {
      throw Problem(
        .tooLarge,
        "Maximum content size limit (\(longestFile)) exceeded (\(file.content.count) bytes read)")
    }
    do {
      return try WAVFile(file.content).speech
    } catch {
      let ending = file.fileName?.split(separator: ".").last?.lowercased() ?? ""
      if ending != "wav", files.contains(ending) {
        throw Problem(.invalid, "This stand-in reads WAV files only.", parameter: "file")
      }
      throw Problem(
        .invalid, "Invalid file format. Supported formats: \(files)", parameter: "file")
    }
  }

  private static func format(_ name: String, _ model: String) throws(Problem) -> Format {
    guard let format = Format(rawValue: name) else {
      throw Problem(
        .invalid,
        "Invalid value for 'response_format': \(Format.allCases.map(\.rawValue)) are supported.",
        parameter: "response_format")
    }
    guard model == "whisper-1" || [.json, .text].contains(format) else {
      throw Problem(
        .invalid,
        "response_format '\(name)' is not compatible with model '\(model)'. Use 'json' or 'text' instead.",
        parameter: "response_format")
    }
    return format
  }
}
