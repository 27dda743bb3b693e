// Distances between vectors, in the widest instructions that the processor has.
//
// Every implementation gives the same bits: sums of floats go through eight lanes in a fixed order, and no
// multiplication is fused with an addition.
#ifndef CVECTORS_H
#define CVECTORS_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__clang__) && !defined(_Nonnull)
#define _Nonnull
#define _Nullable
#endif

// Rows have `stride` elements, a multiple of 64; those behind the dimension are zero. So has the query.
typedef struct {
  const char *_Nonnull name;
  // out[i] = sum of query[j] * rows[i][j]; exact. The query's values are those of an int8.
  void (*_Nonnull dot_int8)(const int16_t *_Nonnull query, const int8_t *_Nonnull rows, size_t count, size_t stride,
                            int32_t *_Nonnull out);
  // The sum of query[j] * row[j].
  float (*_Nonnull dot_float_int8)(const float *_Nonnull query, const int8_t *_Nonnull row, size_t stride);
  float (*_Nonnull dot_float_half)(const float *_Nonnull query, const uint16_t *_Nonnull row, size_t stride);
  float (*_Nonnull dot_float)(const float *_Nonnull query, const float *_Nonnull row, size_t stride);
  // out[i] = in how many of 64 * words bits the query and rows[i] differ.
  void (*_Nonnull differing_bits)(const uint64_t *_Nonnull query, const uint64_t *_Nonnull rows, size_t count,
                                  size_t words, uint32_t *_Nonnull out);
} cv_kernels;

// Plain C, on every machine.
const cv_kernels *_Nonnull cv_portable(void);
// NULL where the machine has neither AVX2 with F16C nor NEON.
const cv_kernels *_Nullable cv_wide(void);

// IEEE 754 half precision, rounded to nearest even.
uint16_t cv_half(float value);
float cv_float(uint16_t half);

// Writes a vector as int8 and gives the factor that one step is worth: the largest value becomes 127.
// `row` has `stride` elements; those behind `dimension` become zero.
float cv_quantize(const float *_Nonnull vector, size_t dimension, size_t stride, int8_t *_Nonnull row);

#endif
