#include "CGlibc.h"

#include <math.h>

// glibc 2.35 gave `hypotf` a new symbol version, and FoundationEssentials refers to it. With this
// definition linked in, the programs need glibc 2.34 at the most: Amazon Linux 2023 has that.
float hypotf(float x, float y) {
  return (float)sqrt((double)x * (double)x + (double)y * (double)y);
}
