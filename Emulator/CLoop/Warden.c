#define _GNU_SOURCE
#include "Warden.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The warden is forked from a process with threads and never execs: it calls only what is safe
// after such a fork, and keeps everything in these static tables.

#define TAG_LIMIT 128
// Sandboxes leave time to the gateway, which all of them wait for: on a busy machine it gets three
// times the share of one of them.
#define SANDBOX_NICENESS 5
#define CAPABILITY_DAC_OVERRIDE 1
#define CAPABILITY_DAC_READ_SEARCH 2
#define CAPABILITY_LAST 63

struct sandbox {
  pid_t pid; // 0: a free place
  uint64_t id;
  char tag[TAG_LIMIT];
};

static struct sandbox sandboxes[WARDEN_SANDBOX_LIMIT];
static char message[sizeof(struct warden_request) + WARDEN_SPAWN_LIMIT];
static char *arguments[WARDEN_ARGUMENT_LIMIT + 1];
static char *variables[WARDEN_VARIABLE_LIMIT + 1];
static char scratch[64 * 1024];
static volatile int exec_error;

int warden_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
int warden_exit_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

void warden_hide_memory(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int warden_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int warden_send(int socket, const struct warden_request *request, const void *strings,
                size_t length, int descriptor) {
  struct iovec parts[2] = {{(void *)request, sizeof *request}, {(void *)strings, length}};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr packet = {.msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1};
  if (descriptor >= 0) {
    memset(&control, 0, sizeof control);
    packet.msg_control = control.space;
    packet.msg_controllen = sizeof control.space;
    struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  for (;;) {
    if (sendmsg(socket, &packet, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return 0;
    if (errno != EINTR) return -1;
  }
}

int warden_receive(int socket, struct warden_report *report) {
  for (;;) {
    ssize_t length = recv(socket, report, sizeof *report, MSG_DONTWAIT);
    if (length == (ssize_t)sizeof *report) return 1;
    if (length < 0 && errno == EINTR) continue;
    return length < 0 && errno == EAGAIN ? -1 : 0;
  }
}

static void close_all_but(int kept) {
  if (kept > 3) syscall(SYS_close_range, 3U, (unsigned)kept - 1, 0U);
  if (syscall(SYS_close_range, (unsigned)kept + 1, ~0U, 0U) == 0) return;
  for (int descriptor = 3; descriptor < 65536; descriptor++)
    if (descriptor != kept) close(descriptor);
}

static void report(int socket, struct warden_report value) {
  while (send(socket, &value, sizeof value, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

static size_t read_file(const char *path, char *into, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  size_t length = 0;
  while (length < size - 1) {
    ssize_t count = read(file, into + length, size - 1 - length);
    if (count <= 0) break;
    length += (size_t)count;
  }
  close(file);
  into[length] = 0;
  return length;
}

static char *append(char *at, const char *text) {
  while (*text) *at++ = *text++;
  *at = 0;
  return at;
}

static char *append_number(char *at, unsigned long number) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0) *at++ = digits[--count];
  *at = 0;
  return at;
}

/// Whether a process carries the entry in its environment. One without a readable environment
/// (it has just died) carries none.
static int has_tag(pid_t pid, const char *tag) {
  static char environment[128 * 1024];
  char path[64];
  append(append_number(append(path, "/proc/"), (unsigned long)pid), "/environ");
  size_t length = read_file(path, environment, sizeof environment);
  for (size_t at = 0; at < length; at += strlen(environment + at) + 1)
    if (strcmp(environment + at, tag) == 0) return 1;
  return 0;
}

static struct sandbox *sandbox_of(pid_t pid) {
  for (int place = 0; place < WARDEN_SANDBOX_LIMIT; place++)
    if (sandboxes[place].pid == pid) return &sandboxes[place];
  return NULL;
}

/// Kills our children that are no sandbox: what left its group and lost its parent. With a tag
/// only those that carry it.
static void kill_strays(const char *tag) {
  char path[64];
  char *at = append_number(append(path, "/proc/self/task/"), (unsigned long)getpid());
  append(at, "/children");
  size_t length = read_file(path, scratch, sizeof scratch);
  pid_t pid = 0;
  for (size_t index = 0; index < length; index++) {
    if (scratch[index] >= '0' && scratch[index] <= '9') {
      pid = pid * 10 + (scratch[index] - '0');
      continue;
    }
    if (pid > 1 && (tag == NULL || (sandbox_of(pid) == NULL && has_tag(pid, tag)))) {
      if (getpgid(pid) == pid) kill(-pid, SIGKILL);
      kill(pid, SIGKILL);
    }
    pid = 0;
  }
}

static void drop_capabilities(void) {
  for (int capability = 0; capability <= CAPABILITY_LAST; capability++)
    if (capability != CAPABILITY_DAC_OVERRIDE && capability != CAPABILITY_DAC_READ_SEARCH)
      prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

static void limit(int resource, rlim_t value) {
  struct rlimit limits;
  if (getrlimit(resource, &limits) != 0) return;
  if (limits.rlim_max < value) value = limits.rlim_max;
  limits.rlim_cur = limits.rlim_max = value;
  setrlimit(resource, &limits);
}

/// Runs in the child, which shares our memory until it execs (vfork): only system calls here.
static void become_sandbox(pid_t warden, const char *folder, const char *program, int output) {
  struct sigaction action;
  sigset_t none;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != warden) _exit(127); // it died before the line above
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  drop_capabilities();
  setpriority(PRIO_PROCESS, 0, SANDBOX_NICENESS);
  // Many sandboxes that wake at once do not push each other off the processor.
  struct sched_param parameter = {0};
  sched_setscheduler(0, SCHED_BATCH, &parameter);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 1024); // Lambda quotas: file descriptors
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
      chdir(folder) != 0) {
    exec_error = errno;
    _exit(127);
  }
  close_all_but(2);
  for (int attempt = 0; attempt < 40; attempt++) {
    execve(program, arguments, variables);
    if (errno != ETXTBSY) break; // just being written, or a fork elsewhere still holds it open
    poll(NULL, 0, 5);
  }
  exec_error = errno;
  _exit(127);
}

/// Points `count` entries of a table at the strings of a message; the place after them, or NULL
/// when the message ends before they do.
static char *take_strings(char *at, char *end, char **table, uint32_t count) {
  for (uint32_t index = 0; index < count; index++) {
    size_t length = at < end ? strnlen(at, (size_t)(end - at)) : 0;
    if (at >= end || at + length >= end) return NULL;
    table[index] = at;
    at += length + 1;
  }
  table[count] = NULL;
  return at;
}

static void spawn(int socket, struct warden_request *request, size_t length, int output) {
  struct warden_report answer = {.kind = WARDEN_STARTED, .id = request->id};
  struct sandbox *volatile place = sandbox_of(0); // kept over vfork
  char *fixed[4];
  char *at = message + sizeof *request, *end = message + length;
  if (output < 0 || request->arguments > WARDEN_ARGUMENT_LIMIT ||
      request->variables > WARDEN_VARIABLE_LIMIT || !(at = take_strings(at, end, fixed, 3)) ||
      !(at = take_strings(at, end, arguments, request->arguments)) ||
      !(at = take_strings(at, end, variables, request->variables)) ||
      strlen(fixed[0]) >= TAG_LIMIT) {
    answer.error = EINVAL;
  } else if (place == NULL) {
    answer.error = EAGAIN;
  } else {
    pid_t warden = getpid();
    exec_error = 0;
    pid_t pid = vfork();
    if (pid == 0) become_sandbox(warden, fixed[1], fixed[2], output);
    if (pid < 0) answer.error = errno;
    if (pid > 0 && exec_error != 0) {
      answer.error = exec_error;
      waitpid(pid, NULL, 0);
    } else if (pid > 0) {
      answer.pid = pid;
      place->pid = pid;
      place->id = request->id;
      append(place->tag, fixed[0]);
    }
  }
  if (output >= 0) close(output);
  report(socket, answer);
}

static void signal_sandbox(const struct warden_request *request) {
  for (int place = 0; place < WARDEN_SANDBOX_LIMIT; place++)
    if (sandboxes[place].pid > 0 && sandboxes[place].id == request->id)
      kill(-sandboxes[place].pid, (int)request->signal);
}

static void reap(int socket) {
  int status;
  struct rusage usage;
  pid_t pid;
  while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
    struct sandbox *sandbox = sandbox_of(pid);
    if (sandbox == NULL) continue;
    kill(-pid, SIGKILL); // what is left of its group
    char tag[TAG_LIMIT];
    memcpy(tag, sandbox->tag, sizeof tag);
    struct warden_report ended = {.kind = WARDEN_EXITED,
                                  .pid = pid,
                                  .id = sandbox->id,
                                  .status = status,
                                  .peak_kb = usage.ru_maxrss};
    sandbox->pid = 0;
    report(socket, ended);
    kill_strays(tag);
  }
}

/// Answers 0 when the emulator is gone.
static int serve(int socket) {
  struct iovec part = {message, sizeof message};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr packet = {.msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = control.space,
                          .msg_controllen = sizeof control.space};
  ssize_t length = recvmsg(socket, &packet, MSG_CMSG_CLOEXEC);
  if (length < 0) return errno == EINTR || errno == EAGAIN;
  if (length == 0) return 0;
  int output = -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
  if (header != NULL && header->cmsg_type == SCM_RIGHTS)
    memcpy(&output, CMSG_DATA(header), sizeof output);
  struct warden_request *request = (struct warden_request *)message;
  if ((size_t)length < sizeof *request) return 1;
  if (request->kind == WARDEN_SPAWN) spawn(socket, request, (size_t)length, output);
  if (request->kind == WARDEN_SIGNAL) signal_sandbox(request);
  return 1;
}

/// Ends everything below us. A fork bomb loses: a group dies in one step, and what escapes its
/// group becomes our child and dies in the next round.
static void end_all(void) {
  for (int round = 0; round < 2000; round++) {
    for (int place = 0; place < WARDEN_SANDBOX_LIMIT; place++)
      if (sandboxes[place].pid > 0) kill(-sandboxes[place].pid, SIGKILL);
    kill_strays(NULL);
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
      struct sandbox *sandbox = sandbox_of(pid);
      if (sandbox != NULL) sandbox->pid = 0;
    }
    if (pid < 0 && errno == ECHILD) return;
    poll(NULL, 0, 1);
  }
}

static void be_warden(int socket) {
  struct sigaction action;
  sigset_t chosen;
  memset(&action, 0, sizeof action);
  for (int number = 1; number < NSIG; number++) {
    // What is sent to the emulator's name or terminal must not end its warden first.
    int ignored = number != SIGCHLD && number != SIGSEGV && number != SIGBUS &&
                  number != SIGILL && number != SIGFPE && number != SIGABRT;
    action.sa_handler = ignored ? SIG_IGN : SIG_DFL;
    sigaction(number, &action, NULL);
  }
  setsid();
  if (socket < 3) socket = fcntl(socket, F_DUPFD_CLOEXEC, 3);
  close_all_but(socket);
  prctl(PR_SET_NAME, "martlet-warden", 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    for (int number = 0; number < 3; number++) dup2(null, number);
    if (null > 2 && null != socket) close(null);
  }
  if (chdir("/") != 0) _exit(1);
  sigemptyset(&chosen);
  sigaddset(&chosen, SIGCHLD);
  sigprocmask(SIG_SETMASK, &chosen, NULL);
  int ended = signalfd(-1, &chosen, SFD_CLOEXEC | SFD_NONBLOCK);
  struct pollfd watched[2] = {{socket, POLLIN, 0}, {ended, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) < 0 && errno != EINTR) break;
    if (watched[1].revents != 0) {
      struct signalfd_siginfo information;
      while (read(ended, &information, sizeof information) > 0) {
      }
      reap(socket);
    }
    if (watched[0].revents != 0 && !serve(socket)) break;
  }
  end_all();
  _exit(0);
}

int warden_start(pid_t *pid) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  int size = 2 * WARDEN_SPAWN_LIMIT;
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  *pid = fork();
  if (*pid == 0) be_warden(ends[1]);
  close(ends[1]);
  if (*pid > 0) return ends[0];
  int cause = errno;
  close(ends[0]);
  errno = cause;
  return -1;
}
