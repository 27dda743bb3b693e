import CLoop
import Glibc
import Server

/// The emulator's side of the process that starts and ends sandboxes (`Warden.h` says why there is
/// one). Started with the first sandbox; started again should somebody kill it.
final class Warden: ReadinessTarget, @unchecked Sendable {
  // @unchecked: only touched on the loop's thread; every entry point checks that.

  /// What to run.
  struct Program {
    /// An environment entry that no other sandbox has.
    var tag: String
    var folder: String
    var path: String
    var arguments: [String]
    var environment: [String]
  }

  enum Event {
    case started(pid_t)
    /// There is no process: the error number says why.
    case failed(Int32)
    case exited(ProcessExit)
  }

  private struct Charge {
    var pid: pid_t?
    var hear: (Event) -> Void
  }

  private let loop: EventLoop
  private var socket: Int32?
  private var token: UInt64?
  private var process: pid_t = 0
  private var charges: [SandboxID: Charge] = [:]
  private var lastID: UInt64 = 0
  /// Reports that came while a request was to be sent.
  private var early: [warden_report] = []

  init(loop: EventLoop) {
    self.loop = loop
  }

  /// A name for a sandbox that no other one had.
  func newID() -> SandboxID {
    precondition(loop.isCurrent)
    lastID += 1
    return SandboxID(number: lastID)
  }

  /// Starts a process whose output goes to `output`, which stays the caller's to close. `hear` is
  /// called on the loop: once `failed`, or `started` and later `exited`.
  func spawn(
    _ id: SandboxID, _ program: Program, output: Int32, hear: @escaping (Event) -> Void
  ) {
    precondition(loop.isCurrent)
    var strings: [UInt8] = []
    let fixed = [program.tag, program.folder, program.path]
    for text in fixed + program.arguments + program.environment {
      guard !text.utf8.contains(0) else { return hear(.failed(EINVAL)) }
      strings.append(contentsOf: text.utf8)
      strings.append(0)
    }
    guard strings.count <= Int(WARDEN_SPAWN_LIMIT) else { return hear(.failed(E2BIG)) }
    var request = warden_request()
    request.kind = WARDEN_SPAWN.rawValue
    request.id = id.number
    request.arguments = UInt32(program.arguments.count)
    request.variables = UInt32(program.environment.count)
    charges[id] = Charge(hear: hear)
    for _ in 0..<2 {  // the second time with a new warden
      guard let socket = connected() else { break }
      let cause = send(request, strings, output: output, on: socket)
      if cause == 0 { return }
      guard cause == EPIPE || cause == ECONNRESET else { break }
      charges[id] = nil
      lost()
      charges[id] = Charge(hear: hear)
    }
    charges[id] = nil
    hear(.failed(EAGAIN))
  }

  /// Sends a signal to a sandbox's whole process group. Nothing happens when it has ended.
  func signal(_ id: SandboxID, _ number: Int32) {
    precondition(loop.isCurrent)
    guard let socket, charges[id] != nil else { return }
    var request = warden_request()
    request.kind = WARDEN_SIGNAL.rawValue
    request.id = id.number
    request.signal = UInt32(number)
    _ = send(request, on: socket)
  }

  /// Sends a request; 0, or an errno. While the socket is full, reports are taken from it: the warden
  /// takes no requests while it cannot report.
  private func send(
    _ request: warden_request, _ strings: [UInt8] = [], output: Int32 = -1, on socket: Int32
  ) -> Int32 {
    var request = request
    while warden_send(socket, &request, strings, strings.count, output) != 0 {
      let cause = errno
      guard cause == EAGAIN else { return cause }
      var report = warden_report()
      while warden_receive(socket, &report) == 1 { early.append(report) }
      var state = pollfd(fd: socket, events: Int16(POLLIN | POLLOUT), revents: 0)
      _ = poll(&state, 1, -1)
    }
    if !early.isEmpty { loop.execute { self.hearEarly() } }
    return 0
  }

  private func hearEarly() {
    let reports = early
    early.removeAll()
    for report in reports { hear(report) }
  }

  /// Ends the warden and with it whatever it still holds, then calls back on the loop.
  func close(_ done: @escaping @Sendable () -> Void) {
    precondition(loop.isCurrent)
    disconnect()
    charges.removeAll()
    awaitEnd(done)
  }

  package func ready(_ events: UInt32) {
    guard let socket else { return }
    hearEarly()
    var report = warden_report()
    while true {
      switch warden_receive(socket, &report) {
      case 1: hear(report)
      case 0: return lost()
      default: return
      }
    }
  }

  private func hear(_ report: warden_report) {
    let id = SandboxID(number: report.id)
    guard let charge = charges[id] else { return }
    if report.kind == WARDEN_EXITED.rawValue {
      charges[id] = nil
      charge.hear(.exited(ProcessExit(report)))
    } else if report.error != 0 {
      charges[id] = nil
      charge.hear(.failed(report.error))
    } else {
      charges[id]?.pid = report.pid
      charge.hear(.started(report.pid))
    }
  }

  private func connected() -> Int32? {
    if let socket { return socket }
    let descriptor = warden_start(&process)
    guard descriptor >= 0 else { return nil }
    guard let token = loop.watch(descriptor, for: UInt32(LOOP_READ), self) else {
      Glibc.close(descriptor)
      return nil
    }
    socket = descriptor
    self.token = token
    return descriptor
  }

  private func disconnect() {
    guard let socket, let token else { return }
    loop.unwatch(socket, token)
    Glibc.close(socket)
    self.socket = nil
    self.token = nil
  }

  /// Somebody ended the warden. The kernel has killed the sandboxes with it (PR_SET_PDEATHSIG);
  /// their groups are ours to end.
  private func lost() {
    disconnect()
    waitpid(process, nil, 0)
    process = 0
    early.removeAll()
    let orphans = charges
    charges.removeAll()
    for charge in orphans.values {
      if let pid = charge.pid { kill(-pid, SIGKILL) }
      charge.hear(.exited(ProcessExit(cause: .signal(SIGKILL), peakMemory: 0)))
    }
  }

  private func awaitEnd(_ done: @escaping @Sendable () -> Void) {
    if process == 0 || waitpid(process, nil, WNOHANG) != 0 {
      process = 0
      return done()
    }
    loop.after(2) { self.awaitEnd(done) }
  }
}

/// Names one sandbox of this emulator.
struct SandboxID: Hashable, Sendable {
  var number: UInt64
}

extension ProcessExit {
  fileprivate init(_ report: warden_report) {
    let signal = warden_exit_signal(report.status)
    cause = signal != 0 ? .signal(signal) : .status(warden_exit_code(report.status))
    peakMemory = report.peak_kb
  }
}
