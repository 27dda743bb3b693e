import Server

/// What keeps a version of an object from being deleted. Source: Amazon S3 user guide, "How S3 Object
/// Lock works".
struct ObjectLock: Sendable, Equatable {
  enum Mode: String, Sendable {
    case governance = "GOVERNANCE"
    case compliance = "COMPLIANCE"
  }

  /// Until when a version is kept.
  struct Retention: Sendable, Equatable {
    var mode: Mode
    /// Unix milliseconds.
    var until: Int

    func isOver(_ now: Int) -> Bool { until <= now }

    /// Whether another retention, or none, may take this one's place.
    func yields(to other: Retention?, _ now: Int, bypass: Bool) -> Bool {
      if isOver(now) || mode == .governance && bypass { return true }
      guard let other, other.until >= until else { return false }
      return mode == .governance || other.mode == .compliance
    }
  }

  /// How new objects of a bucket are kept; nil for not at all.
  var rule: (mode: Mode, days: Int)?

  static func == (one: ObjectLock, other: ObjectLock) -> Bool {
    one.rule?.mode == other.rule?.mode && one.rule?.days == other.rule?.days
  }

  private static let dayLimit = 36_500
  private static let yearLimit = 100

  /// The document of a bucket.
  init(_ xml: XMLElement) throws(S3Error) {
    guard xml.name == "ObjectLockConfiguration", xml["ObjectLockEnabled"]?.text == "Enabled" else {
      throw .malformedXML
    }
    guard let rule = xml["Rule"] else { return }
    guard let usual = rule["DefaultRetention"],
      let mode = Mode(rawValue: usual["Mode"]?.text ?? ""),
      (usual["Days"] == nil) != (usual["Years"] == nil)
    else { throw .malformedXML }
    let unit = usual["Days"] == nil ? "Years" : "Days"
    let (text, limit) = (usual[unit]?.text ?? "", unit == "Days" ? Self.dayLimit : Self.yearLimit)
    guard let count = Int(text) else { throw .malformedXML }
    guard count > 0 else {
      throw Self.period("Default retention period must be a positive integer value.", unit)
    }
    guard count <= limit else {
      throw Self.period("Default retention period is too large.", unit)
    }
    self.rule = (mode, unit == "Days" ? count : count * 365)
  }

  private static func period(_ text: String, _ unit: String) -> S3Error {
    S3Error("InvalidArgument", 400, text, [("ArgumentName", unit)])
  }

  /// The retention of an object that is made now and names none.
  func retention(at now: Int) -> Retention? {
    rule.map { Retention(mode: $0.mode, until: now + $0.days * 86_400_000) }
  }

  /// The document of a bucket that was made with a lock.
  static let plain = XMLWriter.document(BucketSetting.objectLock.root) {
    $0.element("ObjectLockEnabled", "Enabled")
  }
}

extension ObjectLock {
  private static let modeHeader = "x-amz-object-lock-mode"
  private static let dateHeader = "x-amz-object-lock-retain-until-date"
  private static let holdHeader = "x-amz-object-lock-legal-hold"

  /// Takes over what an upload's headers say.
  static func read(
    _ headers: HTTPHeaders, into details: inout ObjectDetails, now: Int
  ) throws(S3Error) {
    if let hold = headers[holdHeader] {
      guard hold == "ON" || hold == "OFF" else {
        throw .invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", holdHeader, hold)
      }
      details.isHeld = hold == "ON"
    }
    guard headers.contains(modeHeader) || headers.contains(dateHeader) else { return }
    guard let name = headers[modeHeader], let date = headers[dateHeader] else {
      throw S3Error(
        "InvalidArgument", 400,
        "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        [("ArgumentName", headers.contains(modeHeader) ? dateHeader : modeHeader)])
    }
    guard let mode = Mode(rawValue: name) else {
      throw .invalidArgument("Unknown wormMode directive.", modeHeader, name)
    }
    guard let until = WireTime.milliseconds(iso: date) else {
      throw .invalidArgument(
        "The retain until date must be provided in ISO 8601 format", dateHeader, date)
    }
    guard until > now else {
      throw .invalidArgument("The retain until date must be in the future!", dateHeader, date)
    }
    details.retention = Retention(mode: mode, until: until)
  }

  /// What answers to readers carry.
  static func append(_ details: ObjectDetails, to headers: inout HTTPHeaders) {
    if let retention = details.retention {
      headers.append(modeHeader, retention.mode.rawValue)
      headers.append(dateHeader, WireTime.iso(retention.until))
    }
    if let isHeld = details.isHeld { headers.append(holdHeader, isHeld ? "ON" : "OFF") }
  }
}

extension ObjectDetails {
  /// Whether something keeps the object from being deleted. `bypass` is for who may end governance.
  func isLocked(_ now: Int, bypass: Bool) -> Bool {
    if isHeld == true { return true }
    guard let retention, !retention.isOver(now) else { return false }
    return !(retention.mode == .governance && bypass)
  }
}
