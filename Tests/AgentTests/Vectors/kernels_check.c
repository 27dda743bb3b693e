// Compares the wide kernels with the plain ones, bit by bit, and prints the name of the wide ones. Built for this
// machine and, with a cross compiler, for others. Status 1: they differ; 3: there are no wide ones.
#include "../../../Functions/CVectors/include/cvectors.h"

#include <stdio.h>
#include <string.h>

static uint64_t state = 0x9E3779B97F4A7C15;

static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static int differ(const void *a, const void *b, size_t count) { return memcmp(a, b, count) != 0; }

int main(void) {
  const cv_kernels *plain = cv_portable(), *fast = cv_wide();
  if (!fast) return 3;
  enum { rows = 7, most = 3072 };
  static int16_t query[most];
  static int8_t bytes[rows * most];
  static float floats[most], values[most];
  static uint16_t halves[most];
  static uint64_t bits[rows * most / 64], mask[most / 64];
  for (size_t stride = 64; stride <= most; stride += 64) {
    for (size_t j = 0; j < stride; j++) {
      query[j] = (int8_t)next() | (j % 3 ? 0 : -128);
      floats[j] = (float)(int32_t)next() * 0x1p-31f;
      values[j] = (float)(int32_t)next() * 0x1p-33f;
      halves[j] = (uint16_t)(next() % 2 ? cv_half(values[j]) : next() & 0xBFFF);
    }
    for (size_t j = 0; j < rows * stride; j++) bytes[j] = (int8_t)next();
    for (size_t j = 0; j < rows * stride / 64; j++) bits[j] = next();
    for (size_t j = 0; j < stride / 64; j++) mask[j] = next();
    int32_t a[rows], b[rows];
    plain->dot_int8(query, bytes, rows, stride, a);
    fast->dot_int8(query, bytes, rows, stride, b);
    if (differ(a, b, sizeof a)) return puts("dot_int8 differs"), 1;
    uint32_t c[rows], d[rows];
    plain->differing_bits(mask, bits, rows, stride / 64, c);
    fast->differing_bits(mask, bits, rows, stride / 64, d);
    if (differ(c, d, sizeof c)) return puts("differing_bits differs"), 1;
    float e = plain->dot_float_int8(floats, bytes, stride), f = fast->dot_float_int8(floats, bytes, stride);
    if (differ(&e, &f, sizeof e)) return puts("dot_float_int8 differs"), 1;
    e = plain->dot_float_half(floats, halves, stride), f = fast->dot_float_half(floats, halves, stride);
    if (differ(&e, &f, sizeof e)) return puts("dot_float_half differs"), 1;
    e = plain->dot_float(floats, values, stride), f = fast->dot_float(floats, values, stride);
    if (differ(&e, &f, sizeof e)) return puts("dot_float differs"), 1;
  }
  for (uint32_t half = 0; half < 0x7C01; half++)
    if (cv_half(cv_float((uint16_t)half)) != half) return printf("half %x does not come back\n", half), 1;
  puts(fast->name);
  return 0;
}
