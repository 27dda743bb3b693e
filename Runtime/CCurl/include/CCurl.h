#ifndef CCurl_H
#define CCurl_H

// libcurl, loaded on first use and never linked: the dynamic linker needs 5 ms for it and its 30
// libraries, which a function must not pay before its first `/next`.
//
// `martlet_curl_load` opens it; every wrapper below may be called only after that gave 1. The wrappers
// give the variadic calls types.

#define CURL_DISABLE_DEPRECATION 1
#include <curl/curl.h>
#include <stddef.h>

/// Loads and initializes libcurl once, from whichever thread comes first; the others wait. 1 when it
/// is there.
int martlet_curl_load(void);

/// Why it is not there, for the log.
const char *martlet_curl_failure(void);

/// Starts loading on a thread of its own and returns at once.
void martlet_curl_warm_up(void);

/// What is used of libcurl.
struct martlet_curl {
  CURLcode (*global_init)(long);
  CURL *(*easy_init)(void);
  void (*easy_reset)(CURL *);
  void (*easy_cleanup)(CURL *);
  CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
  CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
  CURLcode (*easy_pause)(CURL *, int);
  CURLcode (*easy_perform)(CURL *);
  CURLcode (*easy_send)(CURL *, const void *, size_t, size_t *);
  CURLcode (*easy_recv)(CURL *, void *, size_t, size_t *);
  const char *(*easy_strerror)(CURLcode);
  struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
  void (*slist_free_all)(struct curl_slist *);
  CURLM *(*multi_init)(void);
  CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
  CURLMcode (*multi_add_handle)(CURLM *, CURL *);
  CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
  CURLMcode (*multi_perform)(CURLM *, int *);
  CURLMcode (*multi_poll)(CURLM *, struct curl_waitfd *, unsigned int, int, int *);
  CURLMcode (*multi_wakeup)(CURLM *);
  CURLMsg *(*multi_info_read)(CURLM *, int *);
  CURLMcode (*multi_cleanup)(CURLM *);
};

extern struct martlet_curl martlet_curl;

typedef size_t (*martlet_data_callback)(char *, size_t, size_t, void *);

// --- One transfer -------------------------------------------------------------------------------

static inline CURL *martlet_easy_init(void) { return martlet_curl.easy_init(); }
static inline void martlet_easy_reset(CURL *easy) { martlet_curl.easy_reset(easy); }
static inline void martlet_easy_cleanup(CURL *easy) { martlet_curl.easy_cleanup(easy); }

static inline CURLcode martlet_easy_set_long(CURL *easy, CURLoption option, long value) {
  return martlet_curl.easy_setopt(easy, option, value);
}

static inline CURLcode martlet_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return martlet_curl.easy_setopt(easy, option, value);
}

/// libcurl keeps a copy, but for `CURLOPT_POSTFIELDS` and `CURLOPT_COPYPOSTFIELDS`.
static inline CURLcode martlet_easy_set_text(CURL *easy, CURLoption option, const char *value) {
  return martlet_curl.easy_setopt(easy, option, value);
}

/// libcurl copies the bytes.
static inline CURLcode martlet_easy_set_body(CURL *easy, const void *bytes, size_t count) {
  CURLcode code =
      martlet_curl.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  if (code != CURLE_OK) return code;
  return martlet_curl.easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes);
}

static inline CURLcode martlet_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
  return martlet_curl.easy_setopt(easy, option, value);
}

static inline CURLcode martlet_easy_set_list(
    CURL *easy, CURLoption option, struct curl_slist *list) {
  return martlet_curl.easy_setopt(easy, option, list);
}

static inline CURLcode martlet_easy_set_callback(
    CURL *easy, CURLoption option, martlet_data_callback callback) {
  return martlet_curl.easy_setopt(easy, option, callback);
}

static inline long martlet_easy_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return martlet_curl.easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline void *martlet_easy_private(CURL *easy) {
  char *value = NULL;
  return martlet_curl.easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

/// Takes nothing from a transfer's connection until it is resumed.
static inline CURLcode martlet_easy_rest(CURL *easy) {
  return martlet_curl.easy_pause(easy, CURLPAUSE_ALL);
}

/// Lets a paused transfer go on.
static inline CURLcode martlet_easy_resume(CURL *easy) {
  return martlet_curl.easy_pause(easy, CURLPAUSE_CONT);
}

static inline const char *martlet_easy_text(CURLcode code) {
  return martlet_curl.easy_strerror(code);
}

/// NULL when there is no memory; the old list is then still there.
static inline struct curl_slist *martlet_list_append(struct curl_slist *list, const char *text) {
  return martlet_curl.slist_append(list, text);
}

static inline void martlet_list_free(struct curl_slist *list) {
  martlet_curl.slist_free_all(list);
}

// --- A connection without a transfer (CURLOPT_CONNECT_ONLY) --------------------------------------

static inline CURLcode martlet_easy_perform(CURL *easy) { return martlet_curl.easy_perform(easy); }

/// CURLE_AGAIN when nothing can be sent now.
static inline CURLcode martlet_easy_send(
    CURL *easy, const void *bytes, size_t count, size_t *sent) {
  return martlet_curl.easy_send(easy, bytes, count, sent);
}

/// CURLE_AGAIN when nothing is there now; 0 bytes at the connection's end.
static inline CURLcode martlet_easy_receive(
    CURL *easy, void *bytes, size_t capacity, size_t *received) {
  return martlet_curl.easy_recv(easy, bytes, capacity, received);
}

/// The connection's descriptor, to wait for; -1 when it is gone.
static inline int martlet_easy_socket(CURL *easy) {
  curl_socket_t descriptor = CURL_SOCKET_BAD;
  CURLcode code = martlet_curl.easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &descriptor);
  return code == CURLE_OK ? (int)descriptor : -1;
}

// --- All transfers ------------------------------------------------------------------------------

static inline CURLM *martlet_multi_init(void) { return martlet_curl.multi_init(); }

static inline CURLMcode martlet_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return martlet_curl.multi_setopt(multi, option, value);
}

static inline CURLMcode martlet_multi_add(CURLM *multi, CURL *easy) {
  return martlet_curl.multi_add_handle(multi, easy);
}

static inline CURLMcode martlet_multi_remove(CURLM *multi, CURL *easy) {
  return martlet_curl.multi_remove_handle(multi, easy);
}

static inline CURLMcode martlet_multi_perform(CURLM *multi) {
  int running = 0;
  return martlet_curl.multi_perform(multi, &running);
}

static inline CURLMcode martlet_multi_poll(CURLM *multi, int milliseconds) {
  return martlet_curl.multi_poll(multi, NULL, 0, milliseconds, NULL);
}

static inline CURLMcode martlet_multi_wakeup(CURLM *multi) {
  return martlet_curl.multi_wakeup(multi);
}

/// The next transfer that ended, and how; NULL when there is none.
static inline CURL *martlet_multi_next_ended(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = martlet_curl.multi_info_read(multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE) continue;
    *result = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}

static inline CURLMcode martlet_multi_cleanup(CURLM *multi) {
  return martlet_curl.multi_cleanup(multi);
}

#endif
