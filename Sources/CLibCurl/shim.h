#pragma once

// libcurl sets and reads its options by variadic functions, which Swift cannot call: here is one function for each type
// of argument that we pass.

#include <curl/curl.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>

typedef size_t (*clibcurl_data_function)(char *data, size_t size, size_t count, void *context);
typedef int (*clibcurl_before_request_function)(
    void *context, char *remote, char *local, int remote_port, int local_port);

static inline CURLcode clibcurl_set_number(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode clibcurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

/// libcurl keeps a copy. NULL takes the option back.
static inline CURLcode clibcurl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

/// libcurl copies as many bytes as CURLOPT_POSTFIELDSIZE_LARGE, set before, says. NULL is a body of no bytes, where
/// libcurl itself would look for the body elsewhere.
static inline CURLcode clibcurl_set_body(CURL *easy, const void *bytes) {
    return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes ? bytes : "");
}

/// The list stays the caller's and must live as long as the transfer.
static inline CURLcode clibcurl_set_list(CURL *easy, CURLoption option, struct curl_slist *list) {
    return curl_easy_setopt(easy, option, list);
}

/// CURL_ERROR_SIZE bytes of the caller's.
static inline CURLcode clibcurl_set_error_buffer(CURL *easy, char *buffer) {
    return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode clibcurl_set_private(CURL *easy, void *context) {
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, context);
}

static inline void *clibcurl_private(CURL *easy) {
    void *context = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
    return context;
}

static inline CURLcode clibcurl_on_body(CURL *easy, clibcurl_data_function function, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}

static inline CURLcode clibcurl_on_header(CURL *easy, clibcurl_data_function function, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
}

/// Called each time that a connection is there and the request is about to be sent.
static inline CURLcode clibcurl_before_request(CURL *easy, clibcurl_before_request_function function, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

static inline curl_socket_t clibcurl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Lets no program that is started meanwhile inherit a connection.
static inline CURLcode clibcurl_close_on_execute(CURL *easy) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, clibcurl_open_socket);
}

static inline long clibcurl_number(CURL *easy, CURLINFO info) {
    long value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

static inline CURLMcode clibcurl_multi_set_number(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// The transfer that a finished message is about, and how it ended: a C union that Swift would read by name only.
static inline CURL *clibcurl_finished(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}
