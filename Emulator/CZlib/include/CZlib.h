#ifndef CZlib_H
#define CZlib_H
// zlib for zip files and for bodies over HTTP. Here, because zlib's initializers are macros.
#include <stddef.h>

/// What stands around the compressed data (RFC 1951): nothing, a zlib stream (RFC 1950), a gzip
/// member (RFC 1952).
enum martlet_format { martlet_bare, martlet_zlib, martlet_gzip };

/// The most bytes that `martlet_deflate` may write for so many.
size_t martlet_deflate_bound(size_t count);
/// Compresses as small as zlib can; the same bytes for the same input. 0 when there is no memory.
size_t martlet_deflate(
    enum martlet_format format, const unsigned char *bytes, size_t count, unsigned char *packed,
    size_t capacity);

enum martlet_inflated { martlet_whole, martlet_malformed, martlet_too_long, martlet_no_memory };

/// Undoes one stream or member: `*content` of `*size` bytes, at most `limit`, to be freed by the
/// caller (null when it did not end with `martlet_whole`), made of the first `*taken` bytes.
enum martlet_inflated martlet_inflate(
    enum martlet_format format, const unsigned char *bytes, size_t count, size_t limit,
    unsigned char **content, size_t *size, size_t *taken);

#endif
