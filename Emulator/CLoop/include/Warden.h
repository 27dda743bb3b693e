#ifndef Warden_H
#define Warden_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The warden is a small process between the emulator and its sandboxes. It starts them, reports
// their ends, and ends them all when the emulator is gone, however that died. Both sides talk over
// a SOCK_SEQPACKET socket, one packet a message.

/// The longest spawn message: all strings of a process with their ends.
#define WARDEN_SPAWN_LIMIT (160 * 1024)
/// How many sandboxes live at once.
#define WARDEN_SANDBOX_LIMIT 1024
#define WARDEN_ARGUMENT_LIMIT 16
#define WARDEN_VARIABLE_LIMIT 512

enum warden_kind { WARDEN_SPAWN = 1, WARDEN_SIGNAL = 2, WARDEN_STARTED = 3, WARDEN_EXITED = 4 };

/// To the warden. SPAWN is followed by strings, each with its zero byte: a tag (the environment
/// entry by which stray processes of this sandbox are known), working directory, program,
/// `arguments` arguments, `variables` environment entries. A descriptor for standard output and
/// error travels with it.
struct warden_request {
  uint32_t kind;
  uint32_t signal;
  uint64_t id;
  uint32_t arguments;
  uint32_t variables;
};

/// From the warden. STARTED: `pid`, or `error` (an errno) when there is no process. EXITED: the
/// wait status and the largest resident size in KB.
struct warden_report {
  uint32_t kind;
  int32_t pid;
  uint64_t id;
  int32_t error;
  int32_t status;
  int64_t peak_kb;
};

/// Keeps other processes of the same user from reading this one's memory.
void warden_hide_memory(void);

/// Starts a warden. Answers the emulator's end of the socket and the warden's process id, or -1
/// with errno.
int warden_start(pid_t *pid);

/// Sends a request; `descriptor` -1 sends none. 0, or -1 with errno: EAGAIN when the socket is full,
/// which may last until reports have been received.
int warden_send(int socket, const struct warden_request *request, const void *strings,
                size_t length, int descriptor);

/// Takes the next report. 1, 0 when the warden is gone, -1 when there is none now.
int warden_receive(int socket, struct warden_report *report);

/// A pipe for a sandbox's output: both ends close on exec, the reading end (the first) never
/// blocks. 0, or -1 with errno.
int warden_pipe(int ends[2]);

/// The parts of a wait status: macros in C, so not visible in Swift.
int warden_exit_code(int status);  // -1 when a signal ended it
int warden_exit_signal(int status); // 0 when it exited

#endif
