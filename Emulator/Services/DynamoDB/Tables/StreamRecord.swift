import Crypto
import JSON

/// One change of an item, as a stream shows it; its place in the stream is added when it is read.
struct StreamRecord {
  let table: Table
  /// What the stream shows: `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`.
  let view: String
  let old: Attributes?
  let new: Attributes?
  let isExpiry: Bool
  let seconds: Int

  private var name: String {
    switch (old, new) {
    case (nil, _): "INSERT"
    case (_, nil): "REMOVE"
    default: "MODIFY"
    }
  }

  /// The record without its closing members `SequenceNumber`: `{"eventID":…,"dynamodb":{…`.
  var encoded: [UInt8] {
    var output: [UInt8] = []
    output.append(raw: "{\"eventID\":")
    output.appendJSON(RequestID.uuid().filter { $0 != "-" })
    output.append(raw: ",\"eventName\":\"")
    output.append(contentsOf: name.utf8)
    output.append(
      raw: "\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\",\"awsRegion\":")
    output.appendJSON(TableName.region)
    if isExpiry {
      output.append(
        raw: ",\"userIdentity\":{\"PrincipalId\":\"dynamodb.amazonaws.com\",\"Type\":\"Service\"}")
    }
    output.append(raw: ",\"dynamodb\":{\"ApproximateCreationDateTime\":")
    output.appendJSON(seconds)
    output.append(raw: ",\"Keys\":")
    let keys = (new ?? old ?? [:]).keeping(table.keys.names)
    output.append(keys)
    var size = keys.size
    if let new, view == "NEW_IMAGE" || view == "NEW_AND_OLD_IMAGES" {
      output.append(raw: ",\"NewImage\":")
      output.append(new)
      size += new.size
    }
    if let old, view == "OLD_IMAGE" || view == "NEW_AND_OLD_IMAGES" {
      output.append(raw: ",\"OldImage\":")
      output.append(old)
      size += old.size
    }
    output.append(raw: ",\"SizeBytes\":")
    output.appendJSON(size)
    output.append(raw: ",\"StreamViewType\":")
    output.appendJSON(view)
    return output
  }
}
