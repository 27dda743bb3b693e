#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx2,f16c,popcnt")))

WIDE static int32_t sum_lanes(__m256i sum) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
  return _mm_cvtsi128_si32(half);
}

WIDE static __m256i products(const int16_t *query, const int8_t *row) {
  __m256i values = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)row));
  return _mm256_madd_epi16(values, _mm256_loadu_si256((const __m256i *)query));
}

WIDE static void dot_int8(const int16_t *query, const int8_t *rows, size_t count, size_t stride, int32_t *out) {
  for (size_t i = 0; i < count; i++) {
    const int8_t *row = rows + i * stride;
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    for (size_t j = 0; j < stride; j += 64) {
      a = _mm256_add_epi32(a, products(query + j, row + j));
      b = _mm256_add_epi32(b, products(query + j + 16, row + j + 16));
      c = _mm256_add_epi32(c, products(query + j + 32, row + j + 32));
      d = _mm256_add_epi32(d, products(query + j + 48, row + j + 48));
    }
    out[i] = sum_lanes(_mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d)));
  }
}

WIDE static float finish(__m256 sum) {
  float lanes[8];
  _mm256_storeu_ps(lanes, sum);
  return cv_sum(lanes);
}

WIDE static float dot_float_int8(const float *query, const int8_t *row, size_t stride) {
  __m256 sum = _mm256_setzero_ps();
  for (size_t j = 0; j < stride; j += 8) {
    __m256i wide = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(row + j)));
    sum = _mm256_add_ps(sum, _mm256_mul_ps(_mm256_loadu_ps(query + j), _mm256_cvtepi32_ps(wide)));
  }
  return finish(sum);
}

WIDE static float dot_float_half(const float *query, const uint16_t *row, size_t stride) {
  __m256 sum = _mm256_setzero_ps();
  for (size_t j = 0; j < stride; j += 8) {
    __m256 values = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row + j)));
    sum = _mm256_add_ps(sum, _mm256_mul_ps(_mm256_loadu_ps(query + j), values));
  }
  return finish(sum);
}

WIDE static float dot_float(const float *query, const float *row, size_t stride) {
  __m256 sum = _mm256_setzero_ps();
  for (size_t j = 0; j < stride; j += 8)
    sum = _mm256_add_ps(sum, _mm256_mul_ps(_mm256_loadu_ps(query + j), _mm256_loadu_ps(row + j)));
  return finish(sum);
}

WIDE static void differing_bits(const uint64_t *query, const uint64_t *rows, size_t count, size_t words,
                                uint32_t *out) {
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i bits = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2,
                                        3, 2, 3, 3, 4);
  for (size_t i = 0; i < count; i++) {
    const uint64_t *row = rows + i * words;
    __m256i sum = _mm256_setzero_si256();
    size_t j = 0;
    for (; j + 4 <= words; j += 4) {
      __m256i differing = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(query + j)),
                                           _mm256_loadu_si256((const __m256i *)(row + j)));
      __m256i low = _mm256_shuffle_epi8(bits, _mm256_and_si256(differing, nibble));
      __m256i high = _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(differing, 4), nibble));
      sum = _mm256_add_epi64(sum, _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256()));
    }
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    uint64_t total = (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
    for (; j < words; j++) total += (uint64_t)__builtin_popcountll(query[j] ^ row[j]);
    out[i] = (uint32_t)total;
  }
}

static const cv_kernels wide = {"avx2", dot_int8, dot_float_int8, dot_float_half, dot_float, differing_bits};

const cv_kernels *cv_wide(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") ? &wide : NULL;
}

#elif defined(__aarch64__)
#include <arm_neon.h>

static void dot_int8(const int16_t *query, const int8_t *rows, size_t count, size_t stride, int32_t *out) {
  for (size_t i = 0; i < count; i++) {
    const int8_t *row = rows + i * stride;
    int32x4_t a = vdupq_n_s32(0), b = a;
    for (size_t j = 0; j < stride; j += 16) {
      int8x16_t values = vld1q_s8(row + j);
      int16x8_t low = vmovl_s8(vget_low_s8(values)), high = vmovl_s8(vget_high_s8(values));
      int16x8_t first = vld1q_s16(query + j), second = vld1q_s16(query + j + 8);
      a = vmlal_s16(a, vget_low_s16(low), vget_low_s16(first));
      b = vmlal_s16(b, vget_high_s16(low), vget_high_s16(first));
      a = vmlal_s16(a, vget_low_s16(high), vget_low_s16(second));
      b = vmlal_s16(b, vget_high_s16(high), vget_high_s16(second));
    }
    out[i] = vaddvq_s32(vaddq_s32(a, b));
  }
}

static float finish(float32x4_t low, float32x4_t high) {
  float lanes[8];
  vst1q_f32(lanes, low);
  vst1q_f32(lanes + 4, high);
  return cv_sum(lanes);
}

static float dot_float_int8(const float *query, const int8_t *row, size_t stride) {
  float32x4_t low = vdupq_n_f32(0), high = low;
  for (size_t j = 0; j < stride; j += 8) {
    int16x8_t values = vmovl_s8(vld1_s8(row + j));
    float32x4_t first = vcvtq_f32_s32(vmovl_s16(vget_low_s16(values)));
    float32x4_t second = vcvtq_f32_s32(vmovl_s16(vget_high_s16(values)));
    low = vaddq_f32(low, vmulq_f32(vld1q_f32(query + j), first));
    high = vaddq_f32(high, vmulq_f32(vld1q_f32(query + j + 4), second));
  }
  return finish(low, high);
}

static float dot_float_half(const float *query, const uint16_t *row, size_t stride) {
  float32x4_t low = vdupq_n_f32(0), high = low;
  for (size_t j = 0; j < stride; j += 8) {
    uint16x8_t values = vld1q_u16(row + j);
    float32x4_t first = vcvt_f32_f16(vreinterpret_f16_u16(vget_low_u16(values)));
    float32x4_t second = vcvt_f32_f16(vreinterpret_f16_u16(vget_high_u16(values)));
    low = vaddq_f32(low, vmulq_f32(vld1q_f32(query + j), first));
    high = vaddq_f32(high, vmulq_f32(vld1q_f32(query + j + 4), second));
  }
  return finish(low, high);
}

static float dot_float(const float *query, const float *row, size_t stride) {
  float32x4_t low = vdupq_n_f32(0), high = low;
  for (size_t j = 0; j < stride; j += 8) {
    low = vaddq_f32(low, vmulq_f32(vld1q_f32(query + j), vld1q_f32(row + j)));
    high = vaddq_f32(high, vmulq_f32(vld1q_f32(query + j + 4), vld1q_f32(row + j + 4)));
  }
  return finish(low, high);
}

static void differing_bits(const uint64_t *query, const uint64_t *rows, size_t count, size_t words, uint32_t *out) {
  for (size_t i = 0; i < count; i++) {
    const uint64_t *row = rows + i * words;
    uint32_t sum = 0;
    size_t j = 0;
    for (; j + 2 <= words; j += 2) {
      uint8x16_t differing = vreinterpretq_u8_u64(veorq_u64(vld1q_u64(query + j), vld1q_u64(row + j)));
      sum += vaddlvq_u8(vcntq_u8(differing));
    }
    for (; j < words; j++) sum += (uint32_t)__builtin_popcountll(query[j] ^ row[j]);
    out[i] = sum;
  }
}

static const cv_kernels wide = {"neon", dot_int8, dot_float_int8, dot_float_half, dot_float, differing_bits};

const cv_kernels *cv_wide(void) { return &wide; }

#else

const cv_kernels *cv_wide(void) { return NULL; }

#endif
