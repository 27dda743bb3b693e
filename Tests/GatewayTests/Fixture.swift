import JSON
import Support
import Testing

/// An event as the service sent it.
func fixture(_ name: String) throws -> JSONValue {
  try JSONValue(parsing: Project.bytes("Tests/GatewayTests/Events/\(name).json"))
}

/// The places, as `requestContext.stage`, where two values differ.
func differences(_ left: JSONValue?, _ right: JSONValue?, at path: String = "") -> [String] {
  guard let first = left?.object, let second = right?.object else {
    return left == right ? [] : [path]
  }
  let keys = Set(first.keys).union(second.keys)
  return keys.sorted().flatMap { key in
    differences(first[key], second[key], at: path.isEmpty ? key : "\(path).\(key)")
  }
}
