// Accounts: who may log in, with which roles. A name is normal text (NFC, small letters where they
// are Latin), so that it compares however it is typed. The last admin who can log in is never taken
// away. Changes are rows of the current batch and acts in the audit chain. Loop thread only.
#pragma once

#include "access/access.h"

#define ACCOUNT_NAME_BYTES    64
#define ACCOUNT_DISPLAY_BYTES 200

struct account { // borrowed from the row; account_done
    struct row row;
    const char *name, *display, *roles;
    const char *hash;    // of its password; NULL: it logs in elsewhere
    const char *subject; // of OpenID Connect, "issuer subject"; NULL: none
    const char *person;  // in the directory; NULL
    bool is_active;
    unsigned permissions;
};
// False and FAIL_NOT_FOUND if there is none; an account that is disabled is there.
CHECKED bool account_read(struct access *x, const char *name, struct account *out,
                          struct fail *why);
CHECKED bool account_by_subject(struct access *x, const char *subject, struct account *out,
                                struct fail *why);
void account_done(struct account *account);

// The name as it is stored; refused where it is none.
CHECKED bool account_name(const char *given, char out[ACCOUNT_NAME_BYTES + 1], struct fail *why);

// What changes; NULL stays as it is.
struct account_change {
    const char *name; // as stored
    const char *display, *roles, *person;
    const char *hash;         // a new password: ends its sessions
    const char *subject;      // of OpenID Connect
    const char *status;       // "active" or "disabled"; disabling ends its sessions and tokens
    const char *keep_session; // its hash as hex: the one that stays when the password changes
};
// `conflict` if the name is taken; needs roles.
CHECKED bool account_add(struct access *x, const struct actor *by,
                         const struct account_change *change, struct fail *why);
CHECKED bool account_change(struct access *x, const struct actor *by,
                            const struct account_change *change, struct fail *why);
// [{name, display, roles: […], status, person?, hasPassword, createdAt, lastLogin?}], by name.
json account_list(struct access *x, struct fail *why);
json account_show(struct access *x, const char *name, struct fail *why);
bool account_any(struct access *x); // whether there is one at all
