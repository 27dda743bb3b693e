import Crypto

/// The extensions inside one sandbox: rules only.
///
/// All of them are internal ones (threads of the function), as nothing here lies in
/// `/opt/extensions`. Source: Lambda developer guide, "Using the Lambda Extensions API".
struct Extensions {
  enum Event: String {
    case invoke = "INVOKE"
    case shutdown = "SHUTDOWN"
  }

  enum Refusal: String, Error {
    case missingHeader = "Extension.MissingHeader"
    case invalidName = "Extension.InvalidExtensionName"
    case registrationClosed = "Extension.RegistrationClosed"
    case unknownIdentifier = "Extension.UnknownExtensionIdentifier"
    case invalidState = "Extension.InvalidExtensionState"
    case invalidEventType = "Extension.InvalidEventType"
    case tooMany = "Extension.TooManyExtensions"
  }

  struct Registration {
    var name: String
    var events: Set<Event>
    var isParked = false
    /// Events that came while it was not asking; only the last one counts.
    var missed: [InvocationID] = []
  }

  private(set) var registrations: [String: Registration] = [:]
  private var isClosed = false
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  /// Whether the runtime gets a SIGTERM before it is killed.
  var isAny: Bool { !registrations.isEmpty }

  /// The extension's identifier.
  mutating func register(name: String?, events: [String]) throws(Refusal) -> String {
    guard !isClosed else { throw .registrationClosed }
    guard let name else { throw .missingHeader }
    guard !name.isEmpty, name.utf8.count <= 128 else { throw .invalidName }
    guard !registrations.values.contains(where: { $0.name == name }) else { throw .invalidName }
    guard registrations.count < limit else { throw .tooMany }
    var wanted: Set<Event> = []
    for text in events {
      // An internal extension shares the runtime's process and may not wait for its shutdown.
      guard let event = Event(rawValue: text), event != .shutdown else { throw .invalidEventType }
      wanted.insert(event)
    }
    let identifier = Crypto.RequestID.uuid()
    registrations[identifier] = Registration(name: name, events: wanted)
    return identifier
  }

  /// The runtime asked for its first event.
  mutating func initialised() {
    isClosed = true
  }

  /// `event/next` came: an invocation that was missed, or nil when it has to wait.
  mutating func asked(_ identifier: String?) throws(Refusal) -> InvocationID? {
    guard let identifier else { throw .missingHeader }
    guard var registration = registrations[identifier] else { throw .unknownIdentifier }
    guard !registration.isParked else { throw .invalidState }
    let missed = registration.missed.isEmpty ? nil : registration.missed.removeFirst()
    registration.isParked = missed == nil
    registrations[identifier] = registration
    return missed
  }

  /// The one that waited has got its event, or hung up.
  mutating func left(_ identifier: String) {
    registrations[identifier]?.isParked = false
  }

  /// An invocation begins: who waits for it.
  mutating func invoked(_ id: InvocationID) -> [String] {
    var waiting: [String] = []
    for (identifier, registration) in registrations where registration.events.contains(.invoke) {
      if registration.isParked {
        waiting.append(identifier)
      } else {
        registrations[identifier]?.missed = [id]
      }
    }
    return waiting
  }

  func requireKnown(_ identifier: String?) throws(Refusal) {
    guard let identifier else { throw .missingHeader }
    guard registrations[identifier] != nil else { throw .unknownIdentifier }
  }
}
