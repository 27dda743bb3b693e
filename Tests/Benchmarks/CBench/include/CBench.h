#ifndef CBench_H
#define CBench_H
#include <stddef.h>

/// Keeps the calling thread, and processes that it starts, on one core; -1: on any.
int bench_pin(int core);

/// Whether `bytes` hold a whole HTTP request: a head and as much body as it announces.
int bench_is_request(const char *bytes, size_t count);
#endif
