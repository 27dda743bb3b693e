#ifndef CBench_H
#define CBench_H
#include <stddef.h>
#include <stdint.h>

/// Keeps the calling thread, and processes that it starts, on one core; -1: on any.
int bench_pin(int core);

/// Whether `bytes` hold a whole HTTP request: a head and as much body as it announces.
int bench_is_request(const char *bytes, size_t count);

/// What the clients have seen.
struct bench_talks {
  /// Nanoseconds from the writing of each chunk to its arrival; `chunks` of them.
  int64_t *latencies;
  size_t chunks;
  /// Frames that carried them.
  size_t frames;
  /// Nanoseconds that each turn took besides the provider's own time: from the question to the
  /// provider's request, and from the provider's last byte to the end; `turns` of them.
  int64_t *overheads;
  int turns;
  /// Why it ended early; empty when every talk got all of its chunks in order.
  char problem[256];
};

/// A socket on a free port of loopback where the runs below answer as a provider; -1: `errno`.
int bench_provider(uint16_t *port);

/// Asks one question on each of `talks` WebSocket connections to `port` and answers them all as the
/// provider behind `listener` (OpenAI Chat Completions): `count` chunks each, one every `pause`
/// nanoseconds. Before that a shorter round starts a sandbox for each. The questions begin within `spread` nanoseconds. `path` and `token` open a connection.
void bench_talks_run(
    int listener, uint16_t port, const char *path, const char *token, int talks, int count,
    int64_t pause, int64_t spread, struct bench_talks *result);

/// Asks `turns` questions on one connection, one after the other.
void bench_turns_run(
    int listener, uint16_t port, const char *path, const char *token, int turns, struct bench_talks *result);
#endif
