#ifndef CLoop_H
#define CLoop_H
// What the event loop needs of Linux and Swift cannot reach by itself: epoll's packed union, the
// thread-local "which loop am I on", and system calls whose error has to be read before Swift
// runs anything else. Where a call can fail, -1 means "not now" and -2 "never again".
#include <stddef.h>
#include <stdint.h>

#include "Warden.h"

enum {
  LOOP_READ = 0x001,    // EPOLLIN
  LOOP_WRITE = 0x004,   // EPOLLOUT
  LOOP_ERROR = 0x008,   // EPOLLERR, always reported
  LOOP_HANGUP = 0x010,  // EPOLLHUP, always reported
  LOOP_ENDED = 0x2000,  // EPOLLRDHUP: the peer has sent its last byte
};

struct loop_event {
  uint64_t token;
  uint32_t events;
};

int loop_create(void);
int loop_add(int loop, int fd, uint32_t events, uint64_t token);
int loop_change(int loop, int fd, uint32_t events, uint64_t token);
int loop_remove(int loop, int fd);
/// Waits at most `timeout` milliseconds (-1: for ever) for at most 256 events.
int loop_wait(int loop, struct loop_event *events, int capacity, int timeout);

int loop_bell(void);
void loop_ring(int bell);
void loop_silence(int bell);

/// Monotonic milliseconds.
int64_t loop_now(void);

/// The loop that runs on this thread, or NULL.
void *loop_current(void);
void loop_set_current(void *loop);

/// Starts a detached thread with all signals blocked but its own faults; 0 or an error number.
int loop_thread(void (*body)(void *), void *argument, const char *name);

/// Opens a listening TCP socket on a numeric IPv4 or IPv6 address; -errno when that fails.
int loop_listen(const char *address, uint16_t port, int backlog);
/// Ends the listening of a socket and returns another one that goes on holding its port; -errno when
/// that fails.
int loop_reserve(const char *address, uint16_t port, int listener);
uint16_t loop_local_port(int fd);
/// The next waiting connection, non-blocking and with TCP_NODELAY; writes the peer's numeric
/// address (46 bytes at least) and port. -1 none is waiting, -2 the process or system is out of
/// descriptors or memory.
int loop_accept(int fd, char *address, size_t capacity, uint16_t *port);

/// Bytes read; 0 at the end of the stream.
ptrdiff_t loop_receive(int fd, void *bytes, size_t count);
ptrdiff_t loop_send(int fd, const void *bytes, size_t count);
/// Sends from a file without a copy through user space and moves `offset`.
ptrdiff_t loop_send_file(int fd, int file, int64_t *offset, size_t count);
void loop_end_sending(int fd);
/// Makes `close` end the connection with a reset.
void loop_reset_on_close(int fd);

/// Opens a regular file for reading and tells its size; -errno when that fails.
int loop_open_file(const char *path, int64_t *size);

/// Seconds since 1970.
int64_t loop_wall_clock(void);
/// Writes `Sun, 06 Nov 1994 08:49:37 GMT` (29 characters, no terminator; RFC 9110 §5.6.7).
void loop_http_date(int64_t seconds, char *text);
#endif
