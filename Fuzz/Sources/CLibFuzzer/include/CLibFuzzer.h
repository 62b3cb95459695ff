#pragma once
#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own driver, which the sanitizer's runtime brings along.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *bytes, size_t count));
