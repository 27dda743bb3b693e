#include "CZlib.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

// zlib counts in `unsigned`: longer input is handed over in parts.
static unsigned part(size_t left) { return left > UINT_MAX ? UINT_MAX : (unsigned)left; }

size_t martlet_deflate_bound(size_t count) { return compressBound(count); }

size_t martlet_deflate(
    const unsigned char *bytes, size_t count, unsigned char *packed, size_t capacity) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return 0;
  }
  size_t taken = 0;
  size_t written = 0;
  int code = Z_OK;
  while (code == Z_OK) {
    unsigned input = part(count - taken);
    unsigned output = part(capacity - written);
    stream.next_in = (unsigned char *)bytes + taken;
    stream.avail_in = input;
    stream.next_out = packed + written;
    stream.avail_out = output;
    code = deflate(&stream, taken + input == count ? Z_FINISH : Z_NO_FLUSH);
    taken += input - stream.avail_in;
    written += output - stream.avail_out;
  }
  deflateEnd(&stream);
  return code == Z_STREAM_END ? written : 0;
}
