/// Why no handler could be made.
enum InitFailure: FunctionError, Equatable {
  case noHandlerNamed(known: [String])
  case unknownHandler(name: String, known: [String])
  case setting(name: String, value: String, wanted: String)

  var errorType: String {
    switch self {
    case .noHandlerNamed, .unknownHandler: "Runtime.HandlerNotFound"
    case .setting: "Runtime.InvalidSetting"
    }
  }

  var errorMessage: String {
    switch self {
    case .noHandlerNamed(let known):
      "_HANDLER is not set; the routes are \(known.joined(separator: ", "))"
    case .unknownHandler(let name, let known):
      "_HANDLER names no route: '\(name)'; the routes are \(known.joined(separator: ", "))"
    case .setting(let name, let value, let wanted):
      "\(name) is '\(value)', it must be \(wanted)"
    }
  }
}

extension HandlerTable {
  /// Makes the function of the route with this name.
  func function(named name: String?) throws -> Function {
    let known = routes.map(\.name).sorted()
    guard let name, !name.isEmpty else { throw InitFailure.noHandlerNamed(known: known) }
    guard let route = routes.first(where: { $0.name == name }) else {
      throw InitFailure.unknownHandler(name: name, known: known)
    }
    return Function(handler: try route.make(), prepare: route.prepare)
  }
}
