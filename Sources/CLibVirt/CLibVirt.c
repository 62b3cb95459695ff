#include "CLibVirt.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define CLIBVIRT_SLOT(result, name, parameters, arguments) static result(*loaded_##name) parameters;
CLIBVIRT_FUNCTIONS(CLIBVIRT_SLOT)

#define CLIBVIRT_CALL(result, name, parameters, arguments)                                                             \
    result clibvirt_##name parameters { return loaded_##name arguments; }
CLIBVIRT_FUNCTIONS(CLIBVIRT_CALL)

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int is_loaded;
static char failure[512];
static int (*run_events)(void);
static int (*get_version)(unsigned long *, const char *, unsigned long *);

/// libvirt writes errors to the standard error stream where nobody takes them.
static void ignore_error(void *context, void *error) {
    (void)context;
    (void)error;
}

/// Notices connections that are cut, and asks whether the other side is still there. It has no end of its own.
static void *watch(void *context) {
    (void)context;
    while (run_events() == 0) {
    }
    return NULL;
}

static int start_watching(void) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return -1;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    // Signals are for the threads that wait for them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_t thread;
    int result = pthread_create(&thread, &attributes, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return result;
}

static const char *load(void) {
    void *library = dlopen("libvirt.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *reason = dlerror();
        snprintf(failure, sizeof failure, "%s", reason ? reason : "it cannot be opened");
        return failure;
    }
#define CLIBVIRT_FIND(result, name, parameters, arguments)                                                             \
    *(void **)&loaded_##name = dlsym(library, #name);                                                                  \
    if (!loaded_##name) {                                                                                              \
        snprintf(failure, sizeof failure, "libvirt.so.0 has no %s: it is too old", #name);                             \
        return failure;                                                                                                \
    }
    CLIBVIRT_FUNCTIONS(CLIBVIRT_FIND)
    int (*initialize)(void);
    int (*register_events)(void);
    void (*set_error_function)(void *, void (*)(void *, void *));
    *(void **)&initialize = dlsym(library, "virInitialize");
    *(void **)&register_events = dlsym(library, "virEventRegisterDefaultImpl");
    *(void **)&set_error_function = dlsym(library, "virSetErrorFunc");
    *(void **)&run_events = dlsym(library, "virEventRunDefaultImpl");
    *(void **)&get_version = dlsym(library, "virGetVersion");
    if (!initialize || !register_events || !set_error_function || !run_events || !get_version) {
        snprintf(failure, sizeof failure, "libvirt.so.0 lacks functions: it is too old");
        return failure;
    }
    set_error_function(NULL, ignore_error);
    if (initialize() != 0 || register_events() != 0 || start_watching() != 0) {
        snprintf(failure, sizeof failure, "libvirt.so.0 cannot be made ready");
        return failure;
    }
    is_loaded = 1;
    return NULL;
}

const char *clibvirt_load(void) {
    pthread_mutex_lock(&turn);
    const char *result = is_loaded ? NULL : load();
    pthread_mutex_unlock(&turn);
    return result;
}

unsigned long clibvirt_version(void) {
    unsigned long version = 0;
    return get_version && get_version(&version, NULL, NULL) == 0 ? version : 0;
}
