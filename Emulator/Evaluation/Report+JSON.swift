package import JSON

extension Report {
  /// The report for programs: the figures, and each question with its answer.
  package var json: JSONValue {
    var value: JSONObject = [
      "assistant": .string(assistant), "address": .string(address), "questions": .string(file),
      "date": .string(date), "prices": .string(prices.note),
      "notAsked": .int(missing), "versions": .array(summaries.map(\.json)),
    ]
    value["comparison"] = comparison.map(\.json)
    return .object(value)
  }
}

extension Comparison {
  fileprivate var json: JSONValue {
    let interval = accuracyInterval
    var value: JSONObject = [
      "first": .string(first.title), "second": .string(second.title),
      "accuracyDifference": .double(accuracyDifference),
      "interval95": [.double(interval.lowerBound), .double(interval.upperBound)],
      "onlyFirst": .array(onlyFirst.map { .string($0.question.id) }),
      "onlySecond": .array(onlySecond.map { .string($0.question.id) }), "mcNemarP": .double(p),
      "conclusion": .string(conclusion),
    ]
    value["firstChunkMs"] = difference(of: \.firstChunk)?.json
    value["totalMs"] = difference { $0.total }?.json
    return .object(value)
  }
}

extension Comparison.TimeDifference {
  fileprivate var json: JSONValue {
    [
      "medianDifference": .double(median),
      "interval95": interval.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null,
    ]
  }
}

extension Summary {
  fileprivate var json: JSONValue {
    var hitRates: JSONObject = [:]
    for place in Self.places { hitRates["\(place)"] = hits(at: place).json }
    return [
      "variant": variant.map { .string($0) } ?? .null,
      "answeredBy": .array(variants.map(JSONValue.string)),
      "models": .array(models.map(JSONValue.string)), "questions": .int(verdicts.count),
      "accuracy": accuracy.json, "failedTurns": .int(failures), "declined": declined.json,
      "needlesslyDeclined": needlesslyDeclined.json, "hit": .object(hitRates),
      "namedSource": named.json, "toolAccuracy": tools.json, "firstChunkMs": firstChunk.json,
      "totalMs": total.json,
      "usage": tokens.json, "costUSD": cost.map { .double($0) } ?? .null,
      "tags": .object(JSONObject(tags.map { ($0.tag, $0.rate.json) })),
      "answers": .array(verdicts.map(\.json)),
    ]
  }
}

extension Summary.Rate {
  fileprivate var json: JSONValue {
    let interval = interval
    return [
      "share": total > 0 ? .double(share) : .null, "count": .int(count), "total": .int(total),
      "interval95": [.double(interval.lowerBound), .double(interval.upperBound)],
    ]
  }
}

extension Summary.Times {
  fileprivate var json: JSONValue {
    .object(
      JSONObject(
        Self.shares.map { share in
          let time = percentile(share).map { JSONValue.double(Figures.milliseconds($0)) }
          return ("p\(Int(share * 100))", time ?? .null)
        }))
  }
}

extension Verdict {
  fileprivate var json: JSONValue {
    [
      "id": .string(question.id), "question": .array(question.messages.map(JSONValue.string)),
      "correct": .bool(score.isCorrect), "complaints": .array(complaints.map(JSONValue.string)),
      "toolRight": score.isToolRight.map { .bool($0) } ?? .null,
      "sourceRank": score.rank.map { .int($0) } ?? .null, "answer": .string(answer.text),
      "tools": .array(answer.tools.map(JSONValue.string)),
      "sources": .array(answer.sources.map(JSONValue.string)),
      "retrieved": answer.retrieved.map { .array($0.map(JSONValue.string)) } ?? .null,
      "usage": answer.tokens.json, "failure": answer.failure.map { .string($0) } ?? .null,
      "variant": .string(answer.variant),
      "firstChunkMs": answer.firstChunk.map { .double(Figures.milliseconds($0)) } ?? .null,
      "totalMs": .double(Figures.milliseconds(answer.total)),
    ]
  }
}
