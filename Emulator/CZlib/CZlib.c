#include "CZlib.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// Room that a gzip head and trailer take beyond what `compressBound` counts for a zlib stream.
static const size_t gzip_extra = 12;

// zlib counts in `unsigned`: longer input is handed over in parts.
static unsigned part(size_t left) { return left > UINT_MAX ? UINT_MAX : (unsigned)left; }

static int window(enum martlet_format format) {
  switch (format) {
    case martlet_bare: return -MAX_WBITS;
    case martlet_zlib: return MAX_WBITS;
    case martlet_gzip: return MAX_WBITS + 16;
  }
  return -MAX_WBITS;
}

size_t martlet_deflate_bound(size_t count) { return compressBound(count) + gzip_extra; }

size_t martlet_deflate(
    enum martlet_format format, const unsigned char *bytes, size_t count, unsigned char *packed,
    size_t capacity) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  // What is packed once is packed well; a body that is sent now, soon.
  int level = format == martlet_bare ? Z_BEST_COMPRESSION : Z_DEFAULT_COMPRESSION;
  if (deflateInit2(&stream, level, Z_DEFLATED, window(format), 9, Z_DEFAULT_STRATEGY) != Z_OK) {
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

enum martlet_inflated martlet_inflate(
    enum martlet_format format, const unsigned char *bytes, size_t count, size_t limit,
    unsigned char **content, size_t *size, size_t *taken) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  *content = NULL;
  *size = *taken = 0;
  if (inflateInit2(&stream, window(format)) != Z_OK) return martlet_no_memory;
  // A byte more than the limit shows that there is more.
  size_t most = limit < SIZE_MAX ? limit + 1 : limit;
  size_t capacity = count < 1024 ? 4096 : count <= most / 4 ? count * 4 : most;
  if (capacity > most) capacity = most;
  unsigned char *buffer = malloc(capacity);
  size_t written = 0;
  enum martlet_inflated result = buffer ? martlet_whole : martlet_no_memory;
  int code = Z_OK;
  while (result == martlet_whole && code != Z_STREAM_END) {
    if (written == capacity) {
      if (capacity == most) {
        result = martlet_too_long;
        break;
      }
      capacity = capacity <= most / 2 ? capacity * 2 : most;
      unsigned char *larger = realloc(buffer, capacity);
      if (!larger) {
        result = martlet_no_memory;
        break;
      }
      buffer = larger;
    }
    unsigned input = part(count - *taken);
    unsigned output = part(capacity - written);
    stream.next_in = (unsigned char *)bytes + *taken;
    stream.avail_in = input;
    stream.next_out = buffer + written;
    stream.avail_out = output;
    code = inflate(&stream, Z_NO_FLUSH);
    *taken += input - stream.avail_in;
    written += output - stream.avail_out;
    if (code == Z_MEM_ERROR) result = martlet_no_memory;
    // `Z_BUF_ERROR`: no room, which the next round makes, or no more input.
    else if (code != Z_OK && code != Z_STREAM_END && !(code == Z_BUF_ERROR && written == capacity))
      result = martlet_malformed;
  }
  inflateEnd(&stream);
  if (result == martlet_whole && written > limit) result = martlet_too_long;
  if (result != martlet_whole) {
    free(buffer);
    return result;
  }
  *content = buffer;
  *size = written;
  return martlet_whole;
}
