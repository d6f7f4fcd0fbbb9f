// OpenID Connect: the authorization code flow with PKCE (S256), state and nonce, against one
// provider. The ID token comes from the token endpoint over a connection that this server makes
// itself, so its TLS stands for the signature (OpenID Connect Core 3.1.3.7, item 6); therefore a
// provider has to be https, but for one on the loopback, which tests use. A state is good once, for
// ten minutes, in the browser that began. What is running when it is freed is told so and ends.
// Loop thread only.
#pragma once

#include <uv.h>

#include "access/access.h"

struct oidc;

struct oidc_opts {
    struct access *access; // borrowed
    uv_loop_t *loop;
    const char *issuer, *client_id, *client_secret; // secret NULL: a public client
    // Who gets which role: "email:kim@example.org=admin, groups:office=operator, sub:*=viewer". A
    // claim that is a list fits if one of it does; an address counts only where it is verified.
    const char *roles;
};
struct oidc *oidc_new(const struct oidc_opts *opts, struct fail *why); // copies
void oidc_free(struct oidc *o);                                        // NULL is legal

// `url` is where the browser goes, `browser` what its cookie keeps meanwhile; NULL and why. Both
// NULL, why too: the process ends, only free what is yours. Copies what it needs.
typedef void oidc_begun(void *context, const char *url, const char *browser,
                        const struct fail *why);
void oidc_begin(struct oidc *o, const char *redirect_uri, const char *next, oidc_begun *done,
                void *context);

struct oidc_return {
    const char *state, *browser, *code, *redirect_uri;
};
// The account of who has come back, made or with new roles where the provider says so; `next` of
// the beginning. As above. `bad_state` for a state that nobody was given.
typedef void oidc_known(void *context, const char *account, const char *next,
                        const struct fail *why);
void oidc_finish(struct oidc *o, const struct oidc_return *back, oidc_known *done, void *context);

// ---- pieces, for tests
// Checks what an ID token says (3.1.3.7); *claims is the caller's.
struct oidc_expected {
    const char *issuer, *client_id, *nonce;
    int64_t now_ms;
};
CHECKED bool oidc_read_token(const char *token, const struct oidc_expected *expected, json *claims,
                             struct fail *why);
// The roles that the mapping gives, "admin viewer"; refused where there is none.
CHECKED bool oidc_roles_of(const char *mapping, json claims, struct bytes *out, struct fail *why);
CHECKED bool oidc_roles_check(const char *mapping, struct fail *why);
