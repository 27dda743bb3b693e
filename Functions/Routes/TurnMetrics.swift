import Agent
import LambdaRuntime

/// What dashboards and alarms see of turns.
enum TurnMetrics {
  static let namespace = "Martlet"

  /// Writes how long a turn took, what it used and how it ended, for each function, assistant and
  /// model.
  static func emit(_ report: TurnReport, for invocation: Invocation) {
    do {
      var metrics = try of(report, for: invocation)
      metrics.emit(for: invocation)
    } catch {
      // A model's or assistant's name that CloudWatch would not take.
      invocation.log.warn("no metrics", ["reason": "\(error)"])
    }
  }

  private static func of(
    _ report: TurnReport, for invocation: Invocation
  ) throws(MetricsError) -> Metrics {
    var metrics = try Metrics(
      namespace: namespace,
      dimensions: [
        "FunctionName": invocation.functionName, "Assistant": report.assistant,
        "Model": report.model.isEmpty ? "none" : report.model,
      ])
    let failure = if case .failed = report.outcome { 1.0 } else { 0.0 }
    try metrics.add("Turns", 1, unit: .count)
    try metrics.add("FailedTurns", failure, unit: .count)
    try metrics.add("TurnTime", report.total / .milliseconds(1), unit: .milliseconds)
    if let firstText = report.firstText {
      try metrics.add("FirstTextTime", firstText / .milliseconds(1), unit: .milliseconds)
    }
    try metrics.add("InputTokens", Double(report.usage.input), unit: .count)
    try metrics.add("OutputTokens", Double(report.usage.output), unit: .count)
    try metrics.add("AnswerSize", Double(report.answerBytes), unit: .bytes)
    if let intent = report.intent {
      try metrics.add("IntentConfidence", intent.confidence)
      try metrics.add("ClassifierCalls", report.asksClassifier ? 1 : 0, unit: .count)
      try metrics.add("Escalations", report.session == .escalated ? 1 : 0, unit: .count)
    }
    for tool in report.tools {
      try metrics.add("ToolTime", tool.duration / .milliseconds(1), unit: .milliseconds)
      if tool.error != nil { try metrics.add("ToolErrors", 1, unit: .count) }
    }
    return metrics
  }
}
