#ifndef CVECTORS_KERNELS_H
#define CVECTORS_KERNELS_H

#include "include/cvectors.h"

// The compilers agree: no fused multiplication, whatever their default.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

// Adds eight lanes in the order that every implementation keeps.
static inline float cv_sum(const float lanes[8]) {
  float a = lanes[0] + lanes[4], b = lanes[1] + lanes[5], c = lanes[2] + lanes[6], d = lanes[3] + lanes[7];
  float first = a + c, second = b + d;
  return first + second;
}

#endif
