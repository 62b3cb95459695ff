#ifndef VOLUME_REMOVER_LABELS_H
#define VOLUME_REMOVER_LABELS_H

#include "system.h"

enum verdict {
    /// The volume has the label, with that value.
    verdict_ours,
    /// It is truly a description of that volume, and the label is not there, or has another value.
    verdict_strange,
    /// It is no description of that volume, or one that could be read in two ways.
    verdict_unreadable,
};

/// Reads what Docker says of a volume. All of it must be JSON, to the last byte.
enum verdict judge_volume(struct text json, struct text name, struct text key, struct text value);

#endif
