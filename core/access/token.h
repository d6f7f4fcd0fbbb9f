// Tokens for programs: "dure_" and 256 random bits, stored hashed, with a name, a scope (roles or
// permissions), an end, and whether they were revoked. When one was used last is known to the hour.
// Loop thread only.
#pragma once

#include "access/access.h"

#define TOKEN_PREFIX        "dure_"
#define TOKEN_SIZE          56
#define TOKEN_NAME_BYTES    100
#define TOKEN_DAYS_MAX      731
#define TOKEN_USED_MS_EVERY (INT64_C(3600000))

struct token_draft {
    const char *name, *scope;
    const char *expires; // an ISO 8601 duration from now ("P90D"); NULL: P90D
};
// `out` is the token, which is told only this once; *shown as in token_list.
CHECKED bool token_create(struct access *x, const struct actor *by, const struct token_draft *draft,
                          char out[TOKEN_SIZE], json *shown, struct fail *why);
// By its id, or its name where only one has it.
CHECKED bool token_revoke(struct access *x, const struct actor *by, const char *id_or_name,
                          struct fail *why);
CHECKED bool tokens_revoke_of(struct access *x, const char *account, struct fail *why);
// [{id, name, scope, account?, createdAt, expiresAt, usedAt?, revokedAt?, status}], oldest first.
json token_list(struct access *x, struct fail *why);

// Who comes with this token, while it lasts; touches it. The name lives in the arena.
bool token_actor(struct access *x, const char *token, struct arena *arena, struct actor *out);
