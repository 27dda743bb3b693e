#ifndef CLLHTTP_H
#define CLLHTTP_H
// llhttp is lax by default; whoever imports this module parses the header too, so the macro is
// set here as well as in Package.swift.
#ifndef LLHTTP_STRICT_MODE
#define LLHTTP_STRICT_MODE 1
#endif
#if !__has_include("../vendor/llhttp.h")
#error "llhttp's sources are missing: run ./martlet build, which unpacks them from Debian's node-llhttp"
#endif
#include "../vendor/llhttp.h"
#endif
