#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct martlet_curl martlet_curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_loaded = 0;
static char failure[256] = "libcurl has not been loaded";

static int find(void *library, const char *name, void *place) {
  void *symbol = dlsym(library, name);
  if (symbol == NULL) {
    snprintf(failure, sizeof failure, "libcurl.so.4 has no %s", name);
    return 0;
  }
  memcpy(place, &symbol, sizeof symbol);
  return 1;
}

static void load(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *reason = dlerror();
    snprintf(failure, sizeof failure, "%s", reason != NULL ? reason : "no libcurl.so.4");
    return;
  }
  struct martlet_curl *curl = &martlet_curl;
  if (!find(library, "curl_global_init", &curl->global_init) ||
      !find(library, "curl_easy_init", &curl->easy_init) ||
      !find(library, "curl_easy_reset", &curl->easy_reset) ||
      !find(library, "curl_easy_cleanup", &curl->easy_cleanup) ||
      !find(library, "curl_easy_setopt", &curl->easy_setopt) ||
      !find(library, "curl_easy_getinfo", &curl->easy_getinfo) ||
      !find(library, "curl_easy_pause", &curl->easy_pause) ||
      !find(library, "curl_easy_perform", &curl->easy_perform) ||
      !find(library, "curl_easy_send", &curl->easy_send) ||
      !find(library, "curl_easy_recv", &curl->easy_recv) ||
      !find(library, "curl_easy_strerror", &curl->easy_strerror) ||
      !find(library, "curl_slist_append", &curl->slist_append) ||
      !find(library, "curl_slist_free_all", &curl->slist_free_all) ||
      !find(library, "curl_multi_init", &curl->multi_init) ||
      !find(library, "curl_multi_setopt", &curl->multi_setopt) ||
      !find(library, "curl_multi_add_handle", &curl->multi_add_handle) ||
      !find(library, "curl_multi_remove_handle", &curl->multi_remove_handle) ||
      !find(library, "curl_multi_perform", &curl->multi_perform) ||
      !find(library, "curl_multi_poll", &curl->multi_poll) ||
      !find(library, "curl_multi_wakeup", &curl->multi_wakeup) ||
      !find(library, "curl_multi_info_read", &curl->multi_info_read) ||
      !find(library, "curl_multi_cleanup", &curl->multi_cleanup)) {
    return;
  }
  CURLcode code = curl->global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    snprintf(failure, sizeof failure, "libcurl: %s", curl->easy_strerror(code));
    return;
  }
  is_loaded = 1;
}

int martlet_curl_load(void) {
  pthread_once(&once, load);
  return is_loaded;
}

const char *martlet_curl_failure(void) { return failure; }

static void *warm_up(void *unused) {
  (void)unused;
  martlet_curl_load();
  return NULL;
}

void martlet_curl_warm_up(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, warm_up, NULL) == 0) pthread_detach(thread);
}
