#ifndef CZlib_H
#define CZlib_H
// zlib for zip files: DEFLATE without a header (RFC 1951). Here, because zlib's initializers are macros.
#include <stddef.h>

/// The most bytes that `martlet_deflate` may write for so many.
size_t martlet_deflate_bound(size_t count);
/// Compresses as small as zlib can; the same bytes for the same input. 0 when there is no memory.
size_t martlet_deflate(
    const unsigned char *bytes, size_t count, unsigned char *packed, size_t capacity);

#endif
