import Agent
import JSON

/// What administrators are shown of the versions of assistants.
enum VariantViews {
  private static let shares = [0.5, 0.95]

  static func list(_ tallies: [VariantTally], tenant: String, month: Month) -> JSONValue {
    [
      "tenant": .string(tenant), "month": .string(month.text),
      "variants": .array(tallies.map(variant)),
    ]
  }

  private static func variant(_ tally: VariantTally) -> JSONValue {
    var view = UsageViews.tally(tally.turns)
    view["assistant"] = .string(tally.assistant)
    view["variant"] = .string(tally.variant)
    view["failedTurns"] = .int(tally.failed)
    view["firstTextMs"] = times(tally.firstText)
    view["totalMs"] = times(tally.total)
    view["feedback"] = ["up": .int(tally.thumbsUp), "down": .int(tally.thumbsDown)]
    return view
  }

  private static func times(_ times: TimeCounts) -> JSONValue {
    .object(
      JSONObject(
        shares.map { share in
          (
            "p\(Int(share * 100))",
            times.percentile(share).map { .double($0.rounded()) } ?? .null
          )
        }))
  }
}
