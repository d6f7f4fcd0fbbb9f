// Where the keys of urns lie: outside of the data directory, one file a key, so that neither the
// database nor a copy or backup of it opens a ballot; and not one key for all, so that destroying
// it with the count is final: afterwards nobody tells whose ballot was which, not even with every
// old backup. Without a folder (in memory: scenarios, rehearsals, simulation) they lie in the
// store.
//
//     FOLDER/HASH-OF-NAME.key, 0600:   "dure seal key 1" LF key in hex LF name LF
//
// TABLE_META has a row "urn NAME" for each key in use. A name begins with the instance's id. A key
// is on the disk before its row is; it is destroyed after its row is gone. What a crash leaves
// between is found by keyring_sweep. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "people/people.h"
#include "store/store.h"

#define KEYRING_KEY_BYTES 32

// Makes a key, or finds the one that was made before.
CHECKED bool keyring_make(struct people *p, const char *name, uint8_t key[KEYRING_KEY_BYTES],
                          struct fail *why);
// FAIL_NOT_FOUND, code `key_missing`: the file is not there; the message says what to do.
CHECKED bool keyring_read(struct people *p, const char *name, uint8_t key[KEYRING_KEY_BYTES],
                          struct fail *why);
// Is there a key in use of this instance? False also where the store cannot be read.
bool keyring_has(struct people *p, const char *instance);
// Once what is written so far is durable.
void keyring_destroy(struct people *p, const char *name);
// All whose names begin with this.
void keyring_destroy_all(struct people *p, const char *prefix);
// Destroys the keys that no urn of the store needs any more, of instances that the store knows.
CHECKED bool keyring_sweep(struct people *p, struct fail *why);

void keyring_forget(struct people *p); // its memory; for people_free

// For `dure doctor`: one line a finding; false if a key that is needed is missing or others can
// read one. The store may be opened to look only.
CHECKED bool keyring_examine(struct store *store, const char *folder, struct bytes *lines,
                             struct fail *why);
