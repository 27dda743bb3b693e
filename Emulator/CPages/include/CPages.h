#ifndef CPages_H
#define CPages_H

#include <stddef.h>

/// A file of `Emulator/Web`, built into the program.
struct page {
  const unsigned char *bytes; // NULL: there is none
  size_t length;
  const char *type;
};

/// The page of a name: "" is the start page.
struct page page_named(const char *name);

#endif
