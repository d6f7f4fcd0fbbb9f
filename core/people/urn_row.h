// The rows of an urn, for the files of urns only. They are records of the step under keys that no
// plugin can write, and go with it:
//
//     "\x03" NAME " head"       slots, size, how many filled, cast, cast again, whether counted
//     "\x03" NAME " 00000012"   a slot: nonce . ciphertext . tag, all of one size
//
// Loop thread only.
#pragma once

#include "engine/engine.h"
#include "people/keyring.h"
#include "people/urn.h"
#include "people/urn_form.h"

#define URN_TAG_BYTES  16
#define URN_PATH_BYTES 400
#define URN_NAME_SIZE  (64 + URN_PATH_BYTES + 24 + URN_NAME_BYTES + 8)

struct urn_head {
    bool is_there, counted;
    int64_t slots, value_bytes, filled, casts, recasts;
};
CHECKED bool urn_head_read(struct people *p, const struct urn *u, struct urn_head *out,
                           struct fail *why);
// It is there and not counted, so that it takes something.
CHECKED bool urn_head_is_usable(const struct urn_head *head, struct fail *why);
void urn_head_put(struct people *p, const struct urn *u, const struct urn_head *head);

struct urn_sealer {
    const struct port *port;
    uint8_t key[KEYRING_KEY_BYTES];
};
struct urn_slot {
    bool used;
    uint8_t tag[URN_TAG_BYTES]; // of voter and receipt
    struct scalar blind;
    struct hash mark;
    char number[URN_NUMBER_SIZE];
    int64_t value_bytes; // room
    char value[];
};
struct urn_slot *urn_slot_new(const struct urn_head *head); // empty
void urn_slot_free(struct urn_slot *slot);                  // and overwritten
void urn_slot_put(struct people *p, const struct urn *u, const struct urn_sealer *sealer,
                  int64_t number, const struct urn_slot *slot);
CHECKED bool urn_slot_read(struct people *p, const struct urn *u, const struct urn_sealer *sealer,
                           int64_t number, struct urn_slot *slot, struct fail *why);
void urn_slots_delete(struct people *p, const struct urn *u, const struct urn_head *head);

// All used slots by their marks.
struct urn_content {
    struct urn_slot **slots;
    int64_t count;
};
CHECKED bool urn_content_read(struct people *p, const struct urn *u, const struct urn_head *head,
                              struct urn_content *out, struct fail *why);
void urn_content_done(struct urn_content *content);

// {type, path, attempt, urn}: an entry of the history.
json urn_entry(const struct urn *u, const char *type);
