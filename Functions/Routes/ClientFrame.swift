import Agent
import Events
import JSON

/// What a client can send.
enum ClientFrame: Equatable {
  case chat(ChatFrame)
  case stop(id: String)
  case resume(ResumeFrame)
  case confirm(Decision)
  case ping(id: String?)

  /// Reads the frame of an event.
  ///
  /// A frame without `action` but with a `message` is a chat frame. A chat frame without an id gets
  /// the one that API Gateway gave the message: a redelivered message keeps it.
  init(_ event: WebSocketEvent) throws(FrameError) {
    let frame = try Self.object(event)
    let id = try Self.text("id", in: frame, upTo: ChatFrame.longestID)
    guard let action = frame["action"], !action.isNull else {
      guard frame["message"] != nil else {
        throw FrameError(.badFrame("It has neither \"action\" nor \"message\"."), id: id)
      }
      self = .chat(try ChatFrame(frame, id: id ?? event.requestContext.messageID))
      return
    }
    switch action.string {
    case "chat":
      self = .chat(try ChatFrame(frame, id: id ?? event.requestContext.messageID))
    case "stop":
      guard let id else { throw FrameError(.badFrame("\"stop\" needs the \"id\" of a message.")) }
      self = .stop(id: id)
    case "resume":
      self = .resume(try ResumeFrame(frame, id: id))
    case "confirm":
      guard let id, let isApproved = frame["approve"]?.bool else {
        throw FrameError(
          .badFrame(
            "\"confirm\" needs the \"id\" of a confirmation and \"approve\": true or false."),
          id: id)
      }
      self = .confirm(Decision(id, isApproved: isApproved))
    case "ping":
      self = .ping(id: id)
    default:
      throw FrameError(.unknownAction, id: id)
    }
  }

  private static func object(_ event: WebSocketEvent) throws(FrameError) -> JSONObject {
    guard let bytes = event.bodyBytes else { throw FrameError(.badFrame("It cannot be decoded.")) }
    let value: JSONValue
    do {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw FrameError(.badFrame("It is not JSON: \(error)."))
    }
    guard let object = value.object else { throw FrameError(.badFrame("It is no JSON object.")) }
    return object
  }

  /// A text member; nil when it is absent or null.
  static func text(
    _ name: String, in frame: JSONObject, upTo limit: Int
  ) throws(FrameError) -> String? {
    guard let value = frame[name], !value.isNull else { return nil }
    guard let text = value.string, (1...limit).contains(text.utf8.count) else {
      throw FrameError(.badFrame("\"\(name)\" must be a text of 1 to \(limit) bytes."))
    }
    return text
  }
}

/// A message to be answered.
struct ChatFrame: Equatable {
  /// Bytes of UTF-8.
  static let longestID = 128

  let id: String
  let message: String
  let conversationID: String?
  /// The answer whose question this one takes the place of.
  let replaces: String?
  /// Who is to answer: a specialist, or the assistant as a whole.
  let agent: String?
  /// The answer has to be made anew, whatever is in the cache.
  let isFresh: Bool

  init(_ frame: JSONObject, id: String?) throws(FrameError) {
    guard let id else { throw FrameError(.badFrame("It needs an \"id\".")) }
    guard let message = frame["message"]?.string else {
      throw FrameError(.badFrame("\"message\" must be a text."), id: id)
    }
    do throws(FrameError) {
      conversationID = try ClientFrame.text("conversationId", in: frame, upTo: 128)
      replaces = try ClientFrame.text("replaces", in: frame, upTo: 128)
      agent = try ClientFrame.text("agent", in: frame, upTo: 128)
    } catch {
      throw FrameError(error.problem, id: id)
    }
    let fresh = frame["fresh"] ?? false
    guard let isFresh = fresh.isNull ? false : fresh.bool else {
      throw FrameError(.badFrame("\"fresh\" must be true or false."), id: id)
    }
    self.isFresh = isFresh
    self.id = id
    self.message = message
  }
}

/// A client that comes back for the rest of an answer.
struct ResumeFrame: Equatable {
  let id: String
  /// The last chunk that the client has; -1 is none.
  let index: Int

  init(_ frame: JSONObject, id: String?) throws(FrameError) {
    guard let id else { throw FrameError(.badFrame("\"resume\" needs the \"id\" of a message.")) }
    let index = frame["index"].flatMap { $0.isNull ? nil : $0 } ?? -1
    guard let number = index.int, (-1...1_000_000).contains(number) else {
      throw FrameError(.badFrame("\"index\" must be a whole number from -1 on."), id: id)
    }
    self.id = id
    self.index = number
  }
}

/// A frame that is not what it should be; `id` is its own, when it has one.
struct FrameError: Error, Equatable {
  let problem: FrameProblem
  let id: String?

  init(_ problem: FrameProblem, id: String? = nil) {
    self.problem = problem
    self.id = id
  }
}

/// Why a frame is answered with an error frame, besides what the agent refuses.
enum FrameProblem: Error, Equatable {
  /// What is wrong, for whoever wrote the client.
  case badFrame(String)
  case unknownAction
  case duplicateID
  case unauthorized
  /// The assistant has no such specialist.
  case unknownAgent(String)
  /// A client came back for an answer that nobody knows (any more).
  case messageNotFound
  case internalError

  var code: String {
    switch self {
    case .badFrame: "bad_frame"
    case .unknownAction: "unknown_action"
    case .duplicateID: "duplicate_id"
    case .unauthorized: "unauthorized"
    case .unknownAgent: "unknown_agent"
    case .messageNotFound: "message_not_found"
    case .internalError: "internal_error"
    }
  }

  var message: String {
    switch self {
    case .badFrame(let what): "The frame was not understood. \(what)"
    case .unknownAction: "There is no such action; known: chat, stop, resume, confirm, ping."
    case .duplicateID: "This id was used for another message. Please take a new one."
    case .unauthorized: "Your sign-in has ended. Please sign in again."
    case .unknownAgent(let assistant):
      "\(assistant) has no such specialist; GET /api/v1/agents lists them."
    case .messageNotFound: "This message is not known here any more. Please send it again."
    case .internalError: "Something went wrong on our side. Please try again."
    }
  }
}
