// Many conversations at once, both ends of them in one thread: the provider that writes the chunks
// and the clients that receive them, so that one clock tells how long a chunk was under way.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "CBench.h"

enum { BUFFER = 65536, PATIENCE = 20 };
/// Nanoseconds between an answer and the next question: people do not ask while a turn is still written down.
enum { THINKING = 50000000 };

/// A connection: a client's WebSocket, or one that the provider has accepted.
struct line {
  int socket;
  int is_client;
  int number;
  char *bytes;
  size_t count;
  /// Client: the chunk that it waits for. Provider: the one that comes next; -1 while it reads.
  int next;
  /// Client: when it asks. Provider: when the next chunk is due. 0: nothing to be done.
  int64_t due;
  /// Client: the last word, when a frame has ended in the middle of it.
  char rest[64];
  int is_done;
};

struct talks {
  struct bench_talks *result;
  struct line *lines;
  int used, room, poll, count, done, turns;
  int64_t pause, arrival;
  /// Of the newest turn: when it was asked for, when the provider heard of it, when it had written all.
  int64_t asked, heard, written;
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(struct talks *all, int talk, const char *what, const char *detail) {
  if (all->result->problem[0] != 0) return;
  snprintf(all->result->problem, sizeof all->result->problem, "talk %d: %s %.160s", talk, what, detail);
}

static int say(int socket, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
    if (sent < 0) return -1;
    bytes += sent;
    count -= (size_t)sent;
  }
  return 0;
}

static struct line *add(struct talks *all, int socket, int is_client) {
  if (all->used == all->room) return NULL;
  struct line *line = &all->lines[all->used];
  memset(line, 0, sizeof *line);
  line->socket = socket;
  line->is_client = is_client;
  line->number = all->used++;
  line->bytes = malloc(BUFFER);
  line->next = is_client ? 0 : -1;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)line->number};
  epoll_ctl(all->poll, EPOLL_CTL_ADD, socket, &event);
  return line;
}

int bench_provider(uint16_t *port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0) return -1;
  if (listen(listener, 4096) != 0) return -1;
  if (getsockname(listener, (struct sockaddr *)&address, &size) != 0) return -1;
  *port = ntohs(address.sin_port);
  return listener;
}

// The provider's side.

static void event(struct line *line, const char *data) {
  char text[512];
  int size = snprintf(text, sizeof text, "%zx\r\ndata: %s\n\n\r\n", strlen(data) + 8, data);
  say(line->socket, text, (size_t)size);
}

static void answer(struct talks *all, struct line *line) {
  static const char head[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  if (!bench_is_request(line->bytes, line->count)) return;
  line->count = 0;
  say(line->socket, head, sizeof head - 1);
  line->next = 0;
  line->due = all->heard = now();
}

static void write_chunk(struct talks *all, struct line *line) {
  if (line->next < all->count) {
    char data[256];
    snprintf(
        data, sizeof data,
        "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"paced\",\"choices\":[{\"index\":0,"
        "\"delta\":{\"content\":\"%d:%lld \"},\"finish_reason\":null}]}",
        line->next, (long long)now());
    event(line, data);
    line->next += 1;
    line->due += all->pause;
    return;
  }
  event(line, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
  event(line, "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}");
  event(line, "[DONE]");
  say(line->socket, "0\r\n\r\n", 5);
  line->next = -1;
  line->due = 0;
  all->written = now();
}

// The clients' side.

static void ask(struct talks *all, struct line *line) {
  char text[256], frame[300];
  int size = snprintf(
      text, sizeof text,
      "{\"action\":\"chat\",\"id\":\"b-%d-%lld\",\"conversationId\":null,\"fresh\":true,\"message\":\"Tell me a story.\"}",
      line->number, (long long)now());
  int head = size < 126 ? 2 : 4;
  frame[0] = (char)0x81;
  frame[1] = (char)(0x80 | (size < 126 ? size : 126));
  frame[2] = (char)(size >> 8);
  frame[3] = (char)size;
  memset(frame + head, 0, 4);  // a mask of zeros leaves the text as it is
  memcpy(frame + head + 4, text, (size_t)size);
  line->due = 0;
  line->next = 0;
  all->asked = now();
  say(line->socket, frame, (size_t)(head + 4 + size));
}

static void words(struct talks *all, struct line *line, const char *text, size_t count) {
  for (size_t place = 0; place < count; place++) {
    size_t length = strlen(line->rest);
    if (text[place] != ' ') {
      if (length + 1 < sizeof line->rest) line->rest[length] = text[place], line->rest[length + 1] = 0;
      continue;
    }
    char *written = strchr(line->rest, ':');
    if (written == NULL || atoi(line->rest) != line->next) return fail(all, line->number, "out of order:", line->rest);
    all->result->latencies[all->result->chunks++] = all->arrival - atoll(written + 1);
    line->next += 1;
    line->rest[0] = 0;
  }
}

static void frame(struct talks *all, struct line *line, char *text, size_t size) {
  char *content = memmem(text, size, "\"content\":\"", 11);
  if (memmem(text, size, "\"type\":\"chunk\"", 14) != NULL && content != NULL) {
    content += 11;
    char *end = memchr(content, '"', size - (size_t)(content - text));
    if (end == NULL) return fail(all, line->number, "a chunk without an end", "");
    all->result->frames += 1;
    words(all, line, content, (size_t)(end - content));
  } else if (memmem(text, size, "\"type\":\"complete\"", 17) != NULL) {
    if (line->next != all->count) return fail(all, line->number, "chunks are missing", "");
    if (all->result->overheads != NULL) {
      all->result->overheads[all->result->turns++] = all->heard - all->asked + all->arrival - all->written;
      if (all->result->turns < all->turns) {
        line->due = now() + THINKING;
        return;
      }
    }
    line->is_done = 1;
    all->done += 1;
  } else if (memmem(text, size, "\"type\":\"start\"", 14) == NULL) {
    text[size < 160 ? size : 160] = 0;
    fail(all, line->number, "was told", text);
  }
}

static void read_frames(struct talks *all, struct line *line) {
  size_t place = 0;
  while (line->count - place >= 4) {
    unsigned char *bytes = (unsigned char *)line->bytes + place;
    size_t size = bytes[1] & 0x7F, head = 2;
    if (size == 126) size = (size_t)bytes[2] << 8 | bytes[3], head = 4;
    if (line->count - place < head + size) break;
    if (bytes[0] == 0x81) frame(all, line, (char *)bytes + head, size);
    place += head + size;
  }
  memmove(line->bytes, line->bytes + place, line->count - place);
  line->count -= place;
}

static int open_socket(struct talks *all, uint16_t port, const char *path, const char *token) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  char text[4096];
  if (client < 0 || connect(client, (struct sockaddr *)&address, sizeof address) != 0) {
    fail(all, all->used, "cannot connect:", strerror(errno));
    return -1;
  }
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int size = snprintf(
      text, sizeof text,
      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer %s\r\n\r\n",
      path, port, token);
  say(client, text, (size_t)size);
  size_t got = 0;
  while (got < sizeof text - 1 && memmem(text, got, "\r\n\r\n", 4) == NULL) {
    ssize_t more = recv(client, text + got, sizeof text - 1 - got, 0);
    if (more <= 0) break;
    got += (size_t)more;
  }
  text[got] = 0;
  if (strncmp(text, "HTTP/1.1 101", 12) == 0) return client;
  fail(all, all->used, "no WebSocket:", text);
  close(client);
  return -1;
}

// Both.

static void heard(struct talks *all, int listener, struct line *line) {
  if (line == NULL) {
    int socket, on = 1;
    while ((socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (add(all, socket, 0) == NULL) close(socket);
    }
    return;
  }
  ssize_t count = recv(line->socket, line->bytes + line->count, BUFFER - line->count, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    epoll_ctl(all->poll, EPOLL_CTL_DEL, line->socket, NULL);
    if (line->is_client && !line->is_done) fail(all, line->number, "was closed", "");
    line->due = 0;
    return;
  }
  line->count += (size_t)count;
  if (line->is_client) {
    read_frames(all, line);
  } else {
    answer(all, line);
  }
}

static void serve(struct talks *all, int listener, int talks) {
  int64_t limit = now() + (PATIENCE + all->count * all->pause / 1000000000LL + all->turns / 10) * 1000000000LL;
  while (all->done < talks && all->result->problem[0] == 0) {
    int64_t moment = now(), first = moment + 100000000LL;
    if (moment > limit) return fail(all, all->done, "and others have not ended in time", "");
    for (int each = 0; each < all->used; each++) {
      struct line *line = &all->lines[each];
      if (line->due == 0) continue;
      if (line->due <= moment) line->is_client ? ask(all, line) : write_chunk(all, line);
      if (line->due != 0 && line->due < first) first = line->due;
    }
    struct epoll_event events[64];
    int64_t left = first - now();
    struct timespec wait = {.tv_sec = 0, .tv_nsec = left > 0 ? left : 0};
    int count = epoll_pwait2(all->poll, events, 64, &wait, NULL);
    all->arrival = now();
    for (int each = 0; each < count; each++) {
      uint32_t number = events[each].data.u32;
      heard(all, listener, number == UINT32_MAX ? NULL : &all->lines[number]);
    }
  }
}

static void open_all(struct talks *all, int listener, uint16_t port, const char *path, const char *token, int talks) {
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
  all->poll = epoll_create1(EPOLL_CLOEXEC);
  all->lines = calloc((size_t)all->room, sizeof *all->lines);
  epoll_ctl(all->poll, EPOLL_CTL_ADD, listener, &event);
  for (int each = 0; each < talks && all->result->problem[0] == 0; each++) {
    int client = open_socket(all, port, path, token);
    if (client >= 0) add(all, client, 1);
  }
}

/// Lets each client ask, the last one `spread` after the first, and serves them to their ends.
static void talk(struct talks *all, int listener, int talks, int64_t spread) {
  int64_t begin = now();
  all->done = 0;
  for (int each = 0; each < all->used; each++) {
    all->lines[each].is_done = 0;
    if (all->lines[each].is_client) all->lines[each].due = begin + 1 + spread * each / talks;
  }
  serve(all, listener, talks);
}

static void close_all(struct talks *all) {
  for (int each = 0; each < all->used; each++) {
    close(all->lines[each].socket);
    free(all->lines[each].bytes);
  }
  close(all->poll);
  free(all->lines);
}

void bench_talks_run(
    int listener, uint16_t port, const char *path, const char *token, int talks, int count,
    int64_t pause, int64_t spread, struct bench_talks *result) {
  struct talks all = {.result = result, .room = talks * 6, .pause = pause};
  result->latencies = calloc((size_t)talks * (size_t)count, sizeof *result->latencies);
  open_all(&all, listener, port, path, token, talks);
  // Long enough that no sandbox is free for a second one.
  all.count = (int)(spread / pause) < count ? (int)(spread / pause) : count;
  talk(&all, listener, talks, spread);
  result->frames = result->chunks = 0;
  all.count = count;
  if (result->problem[0] == 0) talk(&all, listener, talks, spread);
  close_all(&all);
}

void bench_turns_run(
    int listener, uint16_t port, const char *path, const char *token, int turns, struct bench_talks *result) {
  struct talks all = {.result = result, .room = 16, .count = 3, .turns = turns};
  result->latencies = calloc((size_t)turns * (size_t)all.count, sizeof *result->latencies);
  result->overheads = calloc((size_t)turns, sizeof *result->overheads);
  open_all(&all, listener, port, path, token, 1);
  talk(&all, listener, 1, 0);
  close_all(&all);
}
