#include "CPages.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_page[] = {
#embed "../Web/index.html"
};
static const unsigned char status_style[] = {
#embed "../Web/status.css"
};
static const unsigned char status_program[] = {
#embed "../Web/status.js"
};

struct page page_named(const char *name) {
  struct page page = {NULL, 0, "text/html; charset=utf-8"};
  if (strcmp(name, "") == 0) {
    page.bytes = index_page;
    page.length = sizeof index_page;
  } else if (strcmp(name, "status.css") == 0) {
    page.bytes = status_style;
    page.length = sizeof status_style;
    page.type = "text/css; charset=utf-8";
  } else if (strcmp(name, "status.js") == 0) {
    page.bytes = status_program;
    page.length = sizeof status_program;
    page.type = "text/javascript; charset=utf-8";
  }
  return page;
}
