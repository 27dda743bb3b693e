#define _GNU_SOURCE
#include "CBench.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

int bench_pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int each = 0; each < CPU_SETSIZE; each++) {
    if (core < 0 || each == core) CPU_SET(each, &set);
  }
  return sched_setaffinity(0, sizeof set, &set);
}

int bench_is_request(const char *bytes, size_t count) {
  const char *end = memmem(bytes, count, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  const char *field = memmem(bytes, (size_t)(end - bytes), "Content-Length: ", 16);
  size_t length = field == NULL ? 0 : strtoul(field + 16, NULL, 10);
  return count >= (size_t)(end - bytes) + 4 + length;
}
