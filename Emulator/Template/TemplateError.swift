package import JSON

/// Why a template cannot be played, and what to do about it.
package struct TemplateError: Error, Equatable, CustomStringConvertible {
  package let file: String
  package let position: JSONPosition?
  /// The resource, parameter, condition … it is about.
  package let logicalID: String?
  package let problem: String

  package init(
    file: String, position: JSONPosition? = nil, logicalID: String? = nil, problem: String
  ) {
    self.file = file
    self.position = position
    self.logicalID = logicalID
    self.problem = problem
  }

  /// `template.json:12:5: ChatFunction: Properties.Timeout is 0; it must be between 1 and 900`.
  package var description: String {
    var text = file
    if let position { text += ":\(position.line):\(position.column)" }
    if let logicalID { text += ": \(logicalID)" }
    return text + ": " + problem
  }
}
