#pragma once

// The functions of libvirt's C library that we call, each under its own name with `clibvirt_` before it.
//
// The library is loaded when the first machine is asked for, so that this program is built and runs where it is not
// installed. What is declared here is part of libvirt's stable interface: libvirt.so.0, since 4.5.

#include <stddef.h>

struct clibvirt_node_info {
    char model[32];
    /// KiB.
    unsigned long memory;
    unsigned int cpus;
    unsigned int mhz;
    unsigned int nodes;
    unsigned int sockets;
    unsigned int cores;
    unsigned int threads;
};

struct clibvirt_memory_stats {
    char field[80];
    /// KiB.
    unsigned long long value;
};

struct clibvirt_ip_address {
    int type;
    char *address;
    unsigned int prefix;
};

struct clibvirt_interface {
    char *name;
    char *hardware_address;
    unsigned int address_count;
    struct clibvirt_ip_address *addresses;
};

struct clibvirt_pool_info {
    int state;
    unsigned long long capacity;
    unsigned long long allocation;
    unsigned long long available;
};

typedef struct clibvirt_connect clibvirt_connect;
typedef struct clibvirt_domain clibvirt_domain;
typedef struct clibvirt_network clibvirt_network;
typedef struct clibvirt_pool clibvirt_pool;
typedef struct clibvirt_volume clibvirt_volume;
typedef struct clibvirt_stream clibvirt_stream;

/// Result, name, parameters, arguments.
#define CLIBVIRT_FUNCTIONS(F)                                                                                          \
    F(int, virGetLastErrorCode, (void), ())                                                                            \
    F(int, virGetLastErrorDomain, (void), ())                                                                          \
    F(const char *, virGetLastErrorMessage, (void), ())                                                                \
    F(clibvirt_connect *, virConnectOpen, (const char *uri), (uri))                                                    \
    F(int, virConnectClose, (clibvirt_connect * connect), (connect))                                                   \
    F(int, virConnectIsAlive, (clibvirt_connect * connect), (connect))                                                 \
    F(int, virConnectSetKeepAlive, (clibvirt_connect * connect, int seconds, unsigned int count),                      \
      (connect, seconds, count))                                                                                       \
    F(char *, virConnectGetHostname, (clibvirt_connect * connect), (connect))                                          \
    F(char *, virConnectGetDomainCapabilities,                                                                         \
      (clibvirt_connect * connect, const char *emulator, const char *architecture, const char *machine,                \
       const char *type, unsigned int flags),                                                                          \
      (connect, emulator, architecture, machine, type, flags))                                                         \
    F(int, virConnectListAllDomains, (clibvirt_connect * connect, clibvirt_domain * **domains, unsigned int flags),    \
      (connect, domains, flags))                                                                                       \
    F(int, virNodeGetInfo, (clibvirt_connect * connect, struct clibvirt_node_info * info), (connect, info))            \
    F(int, virNodeGetMemoryStats,                                                                                      \
      (clibvirt_connect * connect, int cell, struct clibvirt_memory_stats * stats, int *count, unsigned int flags),    \
      (connect, cell, stats, count, flags))                                                                            \
    F(clibvirt_domain *, virDomainDefineXML, (clibvirt_connect * connect, const char *xml), (connect, xml))            \
    F(clibvirt_domain *, virDomainLookupByUUIDString, (clibvirt_connect * connect, const char *uuid), (connect, uuid)) \
    F(int, virDomainFree, (clibvirt_domain * domain), (domain))                                                        \
    F(const char *, virDomainGetName, (clibvirt_domain * domain), (domain))                                            \
    F(int, virDomainGetUUIDString, (clibvirt_domain * domain, char *buffer), (domain, buffer))                         \
    F(int, virDomainGetState, (clibvirt_domain * domain, int *state, int *reason, unsigned int flags),                 \
      (domain, state, reason, flags))                                                                                  \
    F(int, virDomainCreate, (clibvirt_domain * domain), (domain))                                                      \
    F(int, virDomainResume, (clibvirt_domain * domain), (domain))                                                      \
    F(int, virDomainShutdown, (clibvirt_domain * domain), (domain))                                                    \
    F(int, virDomainDestroyFlags, (clibvirt_domain * domain, unsigned int flags), (domain, flags))                     \
    F(int, virDomainUndefineFlags, (clibvirt_domain * domain, unsigned int flags), (domain, flags))                    \
    F(char *, virDomainGetMetadata, (clibvirt_domain * domain, int type, const char *uri, unsigned int flags),         \
      (domain, type, uri, flags))                                                                                      \
    F(int, virDomainSetMetadata,                                                                                       \
      (clibvirt_domain * domain, int type, const char *text, const char *key, const char *uri, unsigned int flags),    \
      (domain, type, text, key, uri, flags))                                                                           \
    F(int, virDomainInterfaceAddresses,                                                                                \
      (clibvirt_domain * domain, struct clibvirt_interface * **interfaces, unsigned int source, unsigned int flags),   \
      (domain, interfaces, source, flags))                                                                             \
    F(void, virDomainInterfaceFree, (struct clibvirt_interface * interface), (interface))                              \
    F(clibvirt_network *, virNetworkLookupByName, (clibvirt_connect * connect, const char *name), (connect, name))     \
    F(int, virNetworkIsActive, (clibvirt_network * network), (network))                                                \
    F(int, virNetworkFree, (clibvirt_network * network), (network))                                                    \
    F(clibvirt_pool *, virStoragePoolLookupByName, (clibvirt_connect * connect, const char *name), (connect, name))    \
    F(clibvirt_pool *, virStoragePoolDefineXML, (clibvirt_connect * connect, const char *xml, unsigned int flags),     \
      (connect, xml, flags))                                                                                           \
    F(int, virStoragePoolBuild, (clibvirt_pool * pool, unsigned int flags), (pool, flags))                             \
    F(int, virStoragePoolCreate, (clibvirt_pool * pool, unsigned int flags), (pool, flags))                            \
    F(int, virStoragePoolSetAutostart, (clibvirt_pool * pool, int starts), (pool, starts))                             \
    F(int, virStoragePoolIsActive, (clibvirt_pool * pool), (pool))                                                     \
    F(int, virStoragePoolRefresh, (clibvirt_pool * pool, unsigned int flags), (pool, flags))                           \
    F(int, virStoragePoolGetInfo, (clibvirt_pool * pool, struct clibvirt_pool_info * info), (pool, info))              \
    F(int, virStoragePoolFree, (clibvirt_pool * pool), (pool))                                                         \
    F(clibvirt_volume *, virStorageVolLookupByName, (clibvirt_pool * pool, const char *name), (pool, name))            \
    F(clibvirt_volume *, virStorageVolCreateXML, (clibvirt_pool * pool, const char *xml, unsigned int flags),          \
      (pool, xml, flags))                                                                                              \
    F(int, virStorageVolUpload,                                                                                        \
      (clibvirt_volume * volume, clibvirt_stream * stream, unsigned long long offset, unsigned long long length,       \
       unsigned int flags),                                                                                            \
      (volume, stream, offset, length, flags))                                                                         \
    F(int, virStorageVolDelete, (clibvirt_volume * volume, unsigned int flags), (volume, flags))                       \
    F(char *, virStorageVolGetPath, (clibvirt_volume * volume), (volume))                                              \
    F(int, virStorageVolFree, (clibvirt_volume * volume), (volume))                                                    \
    F(clibvirt_stream *, virStreamNew, (clibvirt_connect * connect, unsigned int flags), (connect, flags))             \
    F(int, virStreamSend, (clibvirt_stream * stream, const char *bytes, size_t count), (stream, bytes, count))         \
    F(int, virStreamFinish, (clibvirt_stream * stream), (stream))                                                      \
    F(int, virStreamAbort, (clibvirt_stream * stream), (stream))                                                       \
    F(int, virStreamFree, (clibvirt_stream * stream), (stream))

#define CLIBVIRT_DECLARE(result, name, parameters, arguments) result clibvirt_##name parameters;
CLIBVIRT_FUNCTIONS(CLIBVIRT_DECLARE)
#undef CLIBVIRT_DECLARE

/// Loads the library and has its errors told to nobody but the caller; from the second time on it does nothing.
///
/// None of the functions above may be called before this returned NULL. Any thread may call it.
///
/// Returns NULL, or why it cannot be loaded: text that stays valid until the next call.
const char *clibvirt_load(void);

/// The library's version as `major * 1000000 + minor * 1000 + release`; 0 where it does not tell.
unsigned long clibvirt_version(void);
