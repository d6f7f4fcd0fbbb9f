// Sealing: text that lies in the store and that no file of it, no backup and no page shows, such as
// a ballot before the close. XChaCha20-Poly1305 under a key of the step, made from the data
// directory's key; padded, so that a sealed "yes" is as long as a sealed "abstain", and with a
// random nonce, so that two of them are never alike. What it is not: safe from somebody who has the
// whole data directory and writes a program to open it. Texts returned are the caller's, by
// mem_free. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "engine/function_host.h"
#include "people/people.h"

#define SEAL_BYTES_MAX (64 * 1024)

// base64url; NULL and why: too long, or the key cannot be read.
char *seal_close(struct people *p, const struct step_address *step, const char *text, size_t bytes,
                 struct fail *why);
// NULL with FAIL_CORRUPT for what this step did not seal.
char *seal_open(struct people *p, const struct step_address *step, const char *sealed,
                size_t *bytes, struct fail *why);
