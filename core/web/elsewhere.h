// Logging in with a provider of OpenID Connect, and what its page shares with the log-in's.
// Loop thread only.
#pragma once

#include "web/state.h"

void elsewhere_routes(struct web *w); // /console/login/oidc
bool elsewhere_is_there(const struct web *w);

// ---- of login.c
struct login_page {
    const char *account, *next, *refusal; // refusal NULL: none
    int status;
};
void login_show(struct web *w, struct request *r, const struct login_page *shown);
const char *login_next(const char *given);
// Sets the cookie of a new session and goes on, once it is durable.
void login_enter(struct web *w, struct request *r, const char *secret, const char *next);
