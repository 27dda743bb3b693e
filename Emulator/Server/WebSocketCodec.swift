import CWslay

/// Frames in, messages out, and back: wslay in its event form, with the two rules it lacks. Knows
/// no socket; both directions are buffers.
final class WebSocketCodec {
  private var context: wslay_event_context_ptr?
  private let limits: WebSocketLimits
  private var input = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Bytes of the frame being read that have not come yet, as far as its header is known.
  private var fed = 0
  private var accounted = 0
  private var frameEnd = 0

  /// Frames for the peer.
  var output: [UInt8] = []
  private(set) var messages: [WebSocketMessage] = []
  private(set) var messageBytes = 0
  /// The peer's close frame.
  private(set) var peerClose: WebSocketClose?
  /// The close frame that a broken rule made us send.
  private(set) var failure: WebSocketClose?
  private(set) var hasFailed = false

  init?(_ limits: WebSocketLimits) {
    self.limits = limits
    var callbacks = CodecCallbacks.all
    let this = Unmanaged.passUnretained(self).toOpaque()
    guard wslay_event_context_server_init(&context, &callbacks, this) == 0 else { return nil }
    wslay_event_config_set_max_recv_msg_length(context, UInt64(limits.message))
  }

  deinit {
    wslay_event_context_free(context)
  }

  /// True between the first and the last byte of a frame.
  var isInsideFrame: Bool { fed != accounted }

  /// True once both sides have said that they close, or nothing more can be said.
  var isFinished: Bool {
    hasFailed
      || wslay_event_get_close_sent(context) != 0
        && (wslay_event_get_close_received(context) != 0 || failure != nil)
  }

  var isClosing: Bool {
    hasFailed || wslay_event_get_close_sent(context) != 0
      || wslay_event_get_close_received(context) != 0
      || wslay_event_get_write_enabled(context) == 0
  }

  /// Reads frames; messages and answers are there afterwards.
  func receive(_ bytes: UnsafeRawBufferPointer) {
    input = bytes
    fed += bytes.count
    let result = wslay_event_recv(context)
    input = UnsafeRawBufferPointer(start: nil, count: 0)
    guard result == 0 else {
      breakOff()
      return
    }
    noteFailure()
    flush()
  }

  /// A frame that wslay cannot read ends in a close frame without a code there; the rule says 1002.
  private func breakOff() {
    guard !hasFailed else { return }
    if failure == nil { failure = WebSocketClose(code: 1_002, reason: "", isByPeer: false) }
    if wslay_event_get_close_sent(context) == 0 { output += [0x88, 0x02, 0x03, 0xea] }
    hasFailed = true
  }

  func takeMessages() -> [WebSocketMessage] {
    var taken: [WebSocketMessage] = []
    swap(&taken, &messages)
    messageBytes = 0
    return taken
  }

  /// Frames a message; false when the connection is closing.
  func queue(_ bytes: UnsafeBufferPointer<UInt8>, isText: Bool) -> Bool {
    var message = wslay_event_msg(
      opcode: UInt8(isText ? WSLAY_TEXT_FRAME.rawValue : WSLAY_BINARY_FRAME.rawValue),
      msg: bytes.baseAddress, msg_length: bytes.count)
    guard !isClosing, wslay_event_queue_msg(context, &message) == 0 else { return false }
    flush()
    return !hasFailed
  }

  /// Frames a close; false when one is on its way already.
  func queueClose(code: Int, reason: String) -> Bool {
    guard !isClosing else { return false }
    let bytes = Array(Self.cut(reason).utf8)
    let sendable = (1_000...4_999).contains(code) && ![1_004, 1_005, 1_006, 1_015].contains(code)
    let status = UInt16(sendable ? code : 1_000)
    guard wslay_event_queue_close(context, status, bytes, bytes.count) == 0 else { return false }
    flush()
    return true
  }

  /// A close frame's reason has at most 123 bytes; cut between characters.
  private static func cut(_ reason: String) -> String {
    var reason = reason
    while reason.utf8.count > 123 { reason.removeLast() }
    return reason
  }

  /// Refuses what comes from now on.
  fileprivate func fail(_ code: Int32, _ reason: String) {
    guard failure == nil else { return }
    failure = WebSocketClose(code: Int(code), reason: reason, isByPeer: false)
    let bytes = Array(reason.utf8)
    wslay_event_shutdown_read(context)
    _ = wslay_event_queue_close(context, UInt16(code), bytes, bytes.count)
  }

  private func noteFailure() {
    // wslay closes by itself on a broken frame, bad UTF-8 or a long message.
    guard failure == nil, peerClose == nil, wslay_event_get_read_enabled(context) == 0 else {
      return
    }
    failure = WebSocketClose(code: 1_002, reason: "", isByPeer: false)
  }

  private func flush() {
    if wslay_event_send(context) != 0 { hasFailed = true }
    if failure?.code == 1_002, wslay_event_get_close_sent(context) != 0 {
      failure?.code = Int(wslay_event_get_status_code_sent(context))
    }
  }
}

// MARK: - What wslay asks for

extension WebSocketCodec {
  fileprivate func read(into buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int) -> Int? {
    guard let buffer, !input.isEmpty, let start = input.baseAddress else { return nil }
    let count = min(capacity, input.count)
    UnsafeMutableRawPointer(buffer).copyMemory(from: start, byteCount: count)
    input = UnsafeRawBufferPointer(rebasing: input[count...])
    return count
  }

  fileprivate func beginFrame(_ frame: wslay_event_on_frame_recv_start_arg) {
    let length = Int(clamping: frame.payload_length)
    let extra = length > 65_535 ? 8 : length > 125 ? 2 : 0
    frameEnd = accounted &+ 6 &+ extra &+ length
    let isControl = frame.opcode & 0x8 != 0
    if !isControl, length > limits.frame {
      fail(1_009, "frame too long")
    } else if frame.opcode == UInt8(WSLAY_CONNECTION_CLOSE.rawValue), length == 1 {
      fail(1_002, "close frame with one byte")
    }
  }

  fileprivate func endFrame() {
    accounted = frameEnd
  }

  fileprivate func received(_ message: wslay_event_on_msg_recv_arg) {
    let bytes = UnsafeBufferPointer(start: message.msg, count: message.msg_length)
    switch UInt32(message.opcode) {
    case WSLAY_TEXT_FRAME.rawValue:
      keep(.text(String(decoding: bytes, as: UTF8.self)), bytes.count)
    case WSLAY_BINARY_FRAME.rawValue:
      keep(.binary(Array(bytes)), bytes.count)
    case WSLAY_CONNECTION_CLOSE.rawValue where failure == nil && peerClose == nil:
      let reason = String(decoding: bytes.dropFirst(2), as: UTF8.self)
      let code = message.status_code == 0 ? 1_005 : Int(message.status_code)
      peerClose = WebSocketClose(code: code, reason: reason, isByPeer: true)
    default: break
    }
  }

  private func keep(_ message: WebSocketMessage, _ count: Int) {
    guard failure == nil else { return }
    messages.append(message)
    messageBytes += count + 64
  }
}

/// The C functions that wslay calls, each handing on to the codec in `user_data`.
private enum CodecCallbacks {
  static var all: wslay_event_callbacks {
    wslay_event_callbacks(
      recv_callback: { context, buffer, capacity, _, data in
        guard let count = CodecCallbacks.codec(data)?.read(into: buffer, capacity) else {
          wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK.rawValue)
          return -1
        }
        return count
      },
      send_callback: { _, bytes, count, _, data in
        CodecCallbacks.codec(data)?.output.append(
          contentsOf: UnsafeBufferPointer(start: bytes, count: count))
        return count
      },
      genmask_callback: nil,
      on_frame_recv_start_callback: { _, frame, data in
        if let frame { CodecCallbacks.codec(data)?.beginFrame(frame.pointee) }
      },
      on_frame_recv_chunk_callback: nil,
      on_frame_recv_end_callback: { _, data in CodecCallbacks.codec(data)?.endFrame() },
      on_msg_recv_callback: { _, message, data in
        if let message { CodecCallbacks.codec(data)?.received(message.pointee) }
      })
  }

  static func codec(_ data: UnsafeMutableRawPointer?) -> WebSocketCodec? {
    data.map { Unmanaged<WebSocketCodec>.fromOpaque($0).takeUnretainedValue() }
  }
}
