/// A place in a program, as error reports name it.
///
/// ```swift
/// struct OutOfPaper: FunctionError {
///   let errorType = "Function.OutOfPaper"
///   let errorMessage = "the printer needs paper"
///   let stackTrace: [StackFrame]
///   init(_ place: StackFrame = StackFrame()) { stackTrace = [place] }
/// }
/// throw OutOfPaper()  // the report names this file, line and function
/// ```
public struct StackFrame: Sendable, Hashable {
  /// `Module/File.swift`.
  public let path: String
  public let line: Int
  /// The function.
  public let label: String

  /// The place of the call, unless another is named.
  public init(path: String = #fileID, line: Int = #line, label: String = #function) {
    self.path = path
    self.line = line
    self.label = label
  }
}

extension FunctionError {
  public var stackTrace: [StackFrame] { [] }
}
