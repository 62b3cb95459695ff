#pragma once

// What Swift cannot call of libssh2: functions handed over as `void *`. And RSA signatures with SHA-512, which
// libssh2 1.10 has not, by the library that it stands on.

#include <fcntl.h>
#include <libssh2.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

typedef ssize_t (*clibssh2_send_function)(
    libssh2_socket_t socket, const void *bytes, size_t count, int flags, void **context);
typedef ssize_t (*clibssh2_receive_function)(
    libssh2_socket_t socket, void *bytes, size_t count, int flags, void **context);
typedef int (*clibssh2_sign_function)(
    LIBSSH2_SESSION *session, unsigned char **signature, size_t *signature_count, const unsigned char *data,
    size_t data_count, void **context);

static inline void clibssh2_on_bytes(
    LIBSSH2_SESSION *session, clibssh2_send_function send, clibssh2_receive_function receive) {
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)send);
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)receive);
}

/// The passphrase of a key, or none; never asks at a terminal.
static inline int clibssh2_passphrase(char *buffer, int most, int is_writing, void *context) {
    (void)is_writing;
    const char *passphrase = (const char *)context;
    if (!passphrase) return -1;
    size_t count = strlen(passphrase);
    if (count > (size_t)most) return -1;
    memcpy(buffer, passphrase, count);
    return (int)count;
}

/// A private key from a PEM file; NULL where it is none, or the passphrase is wrong.
static inline EVP_PKEY *clibssh2_pem_key(const void *bytes, int count, const char *passphrase) {
    BIO *file = BIO_new_mem_buf(bytes, count);
    if (!file) return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, clibssh2_passphrase, (void *)passphrase);
    BIO_free(file);
    ERR_clear_error();
    return key;
}

static inline int clibssh2_is_rsa(const EVP_PKEY *key) { return EVP_PKEY_base_id(key) == EVP_PKEY_RSA; }

/// An RSA key from its numbers, the highest byte first; NULL where they are none.
static inline EVP_PKEY *clibssh2_rsa_key(
    const unsigned char *modulus, int modulus_count, const unsigned char *exponent, int exponent_count,
    const unsigned char *secret, int secret_count) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    RSA *numbers = RSA_new();
    EVP_PKEY *key = EVP_PKEY_new();
    BIGNUM *n = BN_bin2bn(modulus, modulus_count, NULL);
    BIGNUM *e = BN_bin2bn(exponent, exponent_count, NULL);
    BIGNUM *d = BN_bin2bn(secret, secret_count, NULL);
    if (!numbers || !key || !n || !e || !d || !RSA_set0_key(numbers, n, e, d)) {
        BN_free(n);
        BN_free(e);
        BN_clear_free(d);
        RSA_free(numbers);
        EVP_PKEY_free(key);
        return NULL;
    }
    if (!EVP_PKEY_assign_RSA(key, numbers)) {
        RSA_free(numbers);
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
#pragma clang diagnostic pop
}

/// One of an RSA key's public numbers, the highest byte first; the count of its bytes, 0 where there is none or `most`
/// is too little.
static inline int clibssh2_rsa_number(const EVP_PKEY *key, int is_modulus, unsigned char *bytes, int most) {
    BIGNUM *number = NULL;
    const char *name = is_modulus ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_RSA_E;
    if (!EVP_PKEY_get_bn_param(key, name, &number)) return 0;
    int count = BN_num_bytes(number);
    if (count <= most) BN_bn2bin(number, bytes);
    BN_free(number);
    return count <= most ? count : 0;
}

/// A signature by PKCS#1 v1.5 with SHA-512; to be given back to `free`. NULL where it fails.
static inline unsigned char *clibssh2_rsa_sign(
    EVP_PKEY *key, const unsigned char *data, size_t data_count, size_t *signature_count) {
    unsigned char *signature = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context && EVP_DigestSignInit(context, NULL, EVP_sha512(), NULL, key) == 1 &&
        EVP_DigestSign(context, NULL, signature_count, data, data_count) == 1) {
        signature = (unsigned char *)malloc(*signature_count);
        if (signature && EVP_DigestSign(context, signature, signature_count, data, data_count) != 1) {
            free(signature);
            signature = NULL;
        }
    }
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return signature;
}

/// What one thread wakes another with that waits in `poll`.
static inline int clibssh2_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Declared by the system only where a program asks for all of GNU, which cannot be asked for from here. Its header is
// left out: Swift would find the names in it here, and no longer in Glibc.
struct sockaddr;
extern int accept4(int socket, struct sockaddr *address, unsigned int *count, int flags);

/// A connection that came, as a descriptor that no other program inherits and that never blocks; -1 with errno.
static inline int clibssh2_accept(int socket) { return accept4(socket, NULL, NULL, O_CLOEXEC | O_NONBLOCK); }

/// Starts a thread that no signal is given to: they are the program's, and SIGPIPE is nobody's. 0, or why there is none.
static inline int clibssh2_start_thread(pthread_t *thread, void *(*body)(void *), void *context) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(thread, NULL, body, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

extern int prctl(int what, ...);

/// What the system calls the calling thread; 15 bytes at most.
static inline void clibssh2_name_thread(const char *name) { prctl(15 /* PR_SET_NAME */, name, 0, 0, 0); }
