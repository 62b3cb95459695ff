#ifndef VOLUME_REMOVER_ENGINE_H
#define VOLUME_REMOVER_ENGINE_H

#include "system.h"

/// What the engine said: a status, or why there is none.
struct answer {
    int status;
    struct text body;
    const char *problem;
};

/// Asks `METHOD /volumes/NAME` at the socket. The answer is there until the next question.
struct answer ask_engine(struct text socket, const char *method, struct text name);

#endif
