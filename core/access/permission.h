// Who may do what, as data: a role is a set of permissions, a route needs one of a set. There is no
// other place that decides. Immutable. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/fail.h"

#define PERMIT_VIEW    (1U << 0) // definitions, instances, work items, lists and figures
#define PERMIT_AUTHOR  (1U << 1) // check and deploy definitions
#define PERMIT_START   (1U << 2) // start instances, send events
#define PERMIT_OPERATE (1U << 3) // cancel, pause … migrate, answer for others, mail
#define PERMIT_PEOPLE  (1U << 4) // the directory: look, change, import
#define PERMIT_AUDIT   (1U << 5) // histories, acts, case files
#define PERMIT_ADMIN   (1U << 6) // accounts and tokens
#define PERMIT_COUNT   7
#define PERMIT_ALL     ((1U << PERMIT_COUNT) - 1)
// Whoever is known here at all: one's own page, logging out.
#define PERMIT_ANY PERMIT_ALL

struct role {
    const char *name;
    unsigned permissions;
    const char *label[2]; // Korean, English
};
#define ROLE_COUNT 5
extern const struct role roles[ROLE_COUNT];

// The permissions of words separated by blanks or commas: roles ("operator"), permissions
// ("start view"), or both. A word that is neither is refused, and so is an empty list.
CHECKED bool permissions_read(const char *words, unsigned *permissions, struct fail *why);
// The same of roles only, written back as "admin auditor" in the order of the table, each once.
CHECKED bool roles_read(const char *words, struct bytes *names, struct fail *why);
const char *permission_name(size_t i);                           // of the bit i
void permissions_write(unsigned permissions, struct bytes *out); // "view start"
