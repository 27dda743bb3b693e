#define _GNU_SOURCE
#include "CLoop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

_Static_assert(LOOP_READ == EPOLLIN && LOOP_WRITE == EPOLLOUT && LOOP_ERROR == EPOLLERR &&
                   LOOP_HANGUP == EPOLLHUP && LOOP_ENDED == EPOLLRDHUP,
               "the event bits are epoll's");

static ptrdiff_t outcome(ptrdiff_t result) {
  if (result >= 0) return result;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -1 : -2;
}

int loop_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int loop, int operation, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(loop, operation, fd, &event);
}

int loop_add(int loop, int fd, uint32_t events, uint64_t token) {
  return control(loop, EPOLL_CTL_ADD, fd, events, token);
}

int loop_change(int loop, int fd, uint32_t events, uint64_t token) {
  return control(loop, EPOLL_CTL_MOD, fd, events, token);
}

int loop_remove(int loop, int fd) { return control(loop, EPOLL_CTL_DEL, fd, 0, 0); }

int loop_wait(int loop, struct loop_event *events, int capacity, int timeout) {
  struct epoll_event ready[256];
  if (capacity > 256) capacity = 256;
  int count = epoll_wait(loop, ready, capacity, timeout);
  for (int i = 0; i < count; i++) {
    events[i].token = ready[i].data.u64;
    events[i].events = ready[i].events;
  }
  return count < 0 ? 0 : count;
}

int loop_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void loop_ring(int bell) {
  uint64_t one = 1;
  while (write(bell, &one, sizeof one) < 0 && errno == EINTR) {}
}

void loop_silence(int bell) {
  uint64_t count;
  while (read(bell, &count, sizeof count) < 0 && errno == EINTR) {}
}

int64_t loop_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static _Thread_local void *current;
void *loop_current(void) { return current; }
void loop_set_current(void *loop) { current = loop; }

struct start {
  void (*body)(void *);
  void *argument;
  char name[16];
};

static void *run(void *memory) {
  struct start start = *(struct start *)memory;
  free(memory);
  // Named from inside: a short-lived thread may be gone before its creator could.
  pthread_setname_np(pthread_self(), start.name);
  start.body(start.argument);
  return NULL;
}

int loop_thread(void (*body)(void *), void *argument, const char *name) {
  struct start *start = malloc(sizeof *start);
  if (start == NULL) return ENOMEM;
  *start = (struct start){body, argument, {0}};
  strncpy(start->name, name, sizeof start->name - 1);
  sigset_t all, before;
  sigfillset(&all);
  // A thread's own faults stay visible to whoever reports them.
  int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&all, faults[i]);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  int error = pthread_create(&thread, &attributes, run, start);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) free(start);
  return error;
}

static socklen_t resolve(const char *address, uint16_t port, struct sockaddr_storage *storage) {
  memset(storage, 0, sizeof *storage);
  struct sockaddr_in *four = (struct sockaddr_in *)storage;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;
  if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return sizeof *six;
  }
  return 0;
}

int loop_listen(const char *address, uint16_t port, int backlog) {
  struct sockaddr_storage storage;
  socklen_t length = resolve(address, port, &storage);
  if (length == 0) return -EINVAL;
  int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&storage, length) < 0 || listen(fd, backlog) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

int loop_reserve(const char *address, uint16_t port, int listener) {
  // Binding beside a socket that listens is refused, so the listening ends first.
  struct sockaddr_storage storage;
  socklen_t length = resolve(address, port, &storage);
  shutdown(listener, SHUT_RDWR);
  int fd = length == 0 ? -1 : socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  int error = 0;
  if (fd < 0 || bind(fd, (struct sockaddr *)&storage, length) < 0) error = errno ? errno : EINVAL;
  close(listener);
  if (error == 0) return fd;
  if (fd >= 0) close(fd);
  return -error;
}

static uint16_t port_of(const struct sockaddr_storage *storage) {
  return ntohs(storage->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)storage)->sin6_port
                                              : ((const struct sockaddr_in *)storage)->sin_port);
}

uint16_t loop_local_port(int fd) {
  struct sockaddr_storage storage;
  socklen_t length = sizeof storage;
  if (getsockname(fd, (struct sockaddr *)&storage, &length) < 0) return 0;
  return port_of(&storage);
}

int loop_accept(int fd, char *address, size_t capacity, uint16_t *port) {
  struct sockaddr_storage storage;
  socklen_t length = sizeof storage;
  int client = accept4(fd, (struct sockaddr *)&storage, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) {
    int spent = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
    return spent ? -2 : -1;
  }
  int one = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const void *source = storage.ss_family == AF_INET6
                           ? (const void *)&((struct sockaddr_in6 *)&storage)->sin6_addr
                           : (const void *)&((struct sockaddr_in *)&storage)->sin_addr;
  if (inet_ntop(storage.ss_family, source, address, (socklen_t)capacity) == NULL) address[0] = 0;
  *port = port_of(&storage);
  return client;
}

ptrdiff_t loop_receive(int fd, void *bytes, size_t count) {
  return outcome(recv(fd, bytes, count, 0));
}

ptrdiff_t loop_send(int fd, const void *bytes, size_t count) {
  return outcome(send(fd, bytes, count, MSG_NOSIGNAL));
}

ptrdiff_t loop_send_file(int fd, int file, int64_t *offset, size_t count) {
  off_t position = *offset;
  ptrdiff_t sent = outcome(sendfile(fd, file, &position, count));
  *offset = position;
  return sent;
}

void loop_end_sending(int fd) { shutdown(fd, SHUT_WR); }

void loop_reset_on_close(int fd) {
  struct linger now = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

int loop_open_file(const char *path, int64_t *size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -errno;
  struct stat status;
  int error = fstat(fd, &status) < 0 ? errno : S_ISREG(status.st_mode) ? 0 : EISDIR;
  if (error != 0) {
    close(fd);
    return -error;
  }
  *size = status.st_size;
  return fd;
}

int64_t loop_wall_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec;
}

void loop_http_date(int64_t seconds, char *text) {
  static const char days[] = "SunMonTueWedThuFriSat";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  time_t time = seconds;
  struct tm parts;
  gmtime_r(&time, &parts);
  int year = parts.tm_year + 1900;
  char pattern[] = "Sun, 00 Jan 0000 00:00:00 GMT";
  memcpy(pattern, days + 3 * parts.tm_wday, 3);
  memcpy(pattern + 8, months + 3 * parts.tm_mon, 3);
  int places[] = {5, 17, 20, 23};
  int values[] = {parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec};
  for (int i = 0; i < 4; i++) {
    pattern[places[i]] = (char)('0' + values[i] / 10);
    pattern[places[i] + 1] = (char)('0' + values[i] % 10);
  }
  for (int i = 0, rest = year; i < 4; i++, rest /= 10) pattern[15 - i] = (char)('0' + rest % 10);
  memcpy(text, pattern, 29);
}
