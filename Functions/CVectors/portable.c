#include "kernels.h"

#include <math.h>
#include <string.h>

static void dot_int8(const int16_t *query, const int8_t *rows, size_t count, size_t stride, int32_t *out) {
  for (size_t i = 0; i < count; i++) {
    const int8_t *row = rows + i * stride;
    int32_t sum = 0;
    for (size_t j = 0; j < stride; j++) sum += (int32_t)query[j] * row[j];
    out[i] = sum;
  }
}

static float dot_float_int8(const float *query, const int8_t *row, size_t stride) {
  float lanes[8] = {0};
  for (size_t j = 0; j < stride; j += 8)
    for (size_t k = 0; k < 8; k++) {
      float product = query[j + k] * (float)row[j + k];
      lanes[k] += product;
    }
  return cv_sum(lanes);
}

static float dot_float_half(const float *query, const uint16_t *row, size_t stride) {
  float lanes[8] = {0};
  for (size_t j = 0; j < stride; j += 8)
    for (size_t k = 0; k < 8; k++) {
      float product = query[j + k] * cv_float(row[j + k]);
      lanes[k] += product;
    }
  return cv_sum(lanes);
}

static float dot_float(const float *query, const float *row, size_t stride) {
  float lanes[8] = {0};
  for (size_t j = 0; j < stride; j += 8)
    for (size_t k = 0; k < 8; k++) {
      float product = query[j + k] * row[j + k];
      lanes[k] += product;
    }
  return cv_sum(lanes);
}

static void differing_bits(const uint64_t *query, const uint64_t *rows, size_t count, size_t words, uint32_t *out) {
  for (size_t i = 0; i < count; i++) {
    const uint64_t *row = rows + i * words;
    uint32_t sum = 0;
    for (size_t j = 0; j < words; j++) sum += (uint32_t)__builtin_popcountll(query[j] ^ row[j]);
    out[i] = sum;
  }
}

static const cv_kernels portable = {"portable", dot_int8, dot_float_int8, dot_float_half, dot_float, differing_bits};

const cv_kernels *cv_portable(void) { return &portable; }

uint16_t cv_half(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00);
  if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);
  if (magnitude < 0x38800000) {  // below 2^-14: subnormal
    if (magnitude < 0x33000000) return (uint16_t)sign;
    uint32_t shift = 126 - (magnitude >> 23), mantissa = (magnitude & 0x7FFFFF) | 0x800000;
    uint32_t half = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
    if (rest > middle || (rest == middle && (half & 1))) half++;
    return (uint16_t)(sign | half);
  }
  uint32_t half = (magnitude - 0x38000000) >> 13, rest = magnitude & 0x1FFF;
  if (rest > 0x1000 || (rest == 0x1000 && (half & 1))) half++;
  return (uint16_t)(sign | half);
}

float cv_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 0x3FF, bits;
  if (exponent == 31) {
    bits = sign | 0x7F800000 | (mantissa ? mantissa << 13 | 0x400000 : 0);
  } else if (exponent) {
    bits = sign | (exponent + 112) << 23 | mantissa << 13;
  } else {
    float value = (float)mantissa * 0x1p-24f;
    memcpy(&bits, &value, sizeof bits);
    bits |= sign;
  }
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

float cv_quantize(const float *vector, size_t dimension, size_t stride, int8_t *row) {
  float largest = 0;
  for (size_t j = 0; j < dimension; j++) {
    float magnitude = fabsf(vector[j]);
    if (magnitude > largest) largest = magnitude;
  }
  memset(row, 0, stride);
  if (!(largest > 0) || !isfinite(largest)) return 0;
  for (size_t j = 0; j < dimension; j++) row[j] = (int8_t)rintf(vector[j] / largest * 127);
  return largest / 127;
}
