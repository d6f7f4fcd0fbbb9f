// What a provider says about somebody, and which roles follow from it.
#include "access/oidc.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define TOKEN_BYTES_MAX (64 * 1024)
#define LEEWAY_S        60 // the clocks of two machines

static json payload_of(const char *token, struct fail *why)
{
    const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    size_t length = second ? (size_t)(second - first - 1) : 0, bytes = 0;
    json claims = json_absent();
    if (length == 0 || length > TOKEN_BYTES_MAX) {
        fail(why, FAIL_INVALID, "the provider's ID token is none");
        return claims;
    }
    char *plain = mem_alloc(length + 1);
    if (!base64_decode(first + 1, length, plain, length, &bytes) ||
        !json_parse(plain, bytes, &claims, why) || !json_is_object(claims)) {
        fail(why, FAIL_INVALID, "the provider's ID token cannot be read");
        json_swap_take(&claims, json_absent());
    }
    mem_free(plain);
    return claims;
}

static bool is_for(json claims, const char *client_id)
{
    json audience = json_get(claims, "aud");
    const char *party = json_get_text(claims, "azp", NULL);
    bool found = json_is_string(audience) && strcmp(json_text(audience), client_id) == 0;
    for (size_t i = 0; json_is_array(audience) && i < json_length(audience); i++) {
        json one = json_at(audience, i);
        found = found || (json_is_string(one) && strcmp(json_text(one), client_id) == 0);
        json_free(one);
    }
    // Of several audiences the one that asked has to be us.
    bool several = json_is_array(audience) && json_length(audience) > 1;
    json_free(audience);
    return found && (party ? strcmp(party, client_id) == 0 : !several);
}

static double number_of(json claims, const char *name)
{
    json value = json_get(claims, name);
    double number = json_is_number(value) ? json_double(value) : -1;
    json_free(value);
    return number;
}

static bool check(json claims, const struct oidc_expected *e, struct fail *why)
{
    double now = (double)e->now_ms / 1000;
    if (strcmp(json_get_text(claims, "iss", ""), e->issuer) != 0)
        return fail(why, FAIL_DENIED, "the ID token is another provider's");
    if (!is_for(claims, e->client_id))
        return fail(why, FAIL_DENIED, "the ID token is for another client");
    if (number_of(claims, "exp") + LEEWAY_S <= now)
        return fail(why, FAIL_DENIED, "the ID token is no longer good");
    if (number_of(claims, "iat") > now + LEEWAY_S)
        return fail(why, FAIL_DENIED, "the ID token is from the future; compare the clocks");
    if (strcmp(json_get_text(claims, "nonce", ""), e->nonce) != 0)
        return fail(why, FAIL_DENIED, "the ID token answers another log-in");
    return *json_get_text(claims, "sub", "") || fail(why, FAIL_DENIED, "the ID token names nobody");
}

bool oidc_read_token(const char *token, const struct oidc_expected *expected, json *claims,
                     struct fail *why)
{
    *claims = payload_of(token, why);
    if (json_is_object(*claims) && check(*claims, expected, why))
        return true;
    json_swap_take(claims, json_absent());
    return false;
}

// ---- roles

static bool is_text(json value, const char *wanted, size_t bytes)
{
    if (!json_is_string(value))
        return false;
    return (bytes == 1 && *wanted == '*') ||
           (json_text_bytes(value) == bytes && memcmp(json_text(value), wanted, bytes) == 0);
}

static bool claim_fits(json claims, const char *claim, const char *wanted, size_t bytes)
{
    json value = json_get(claims, claim);
    bool fits = is_text(value, wanted, bytes);
    for (size_t i = 0; json_is_array(value) && i < json_length(value); i++) {
        json one = json_at(value, i);
        fits = fits || is_text(one, wanted, bytes);
        json_free(one);
    }
    json_free(value);
    // Whoever can name any address at the provider would else name an administrator's.
    return fits && (strcmp(claim, "email") != 0 || json_get_bool(claims, "email_verified", false));
}

struct rule {
    char *claim;
    const char *value;
    size_t value_bytes;
    char *role;
};

// The next of "claim:value=role, …"; false at the end, or with why.
static bool next_rule(const char **at, struct rule *rule, struct fail *why)
{
    *at += strspn(*at, ", ");
    size_t bytes = strcspn(*at, ",");
    why->kind = FAIL_NONE;
    if (bytes == 0)
        return false;
    const char *colon = memchr(*at, ':', bytes), *equals = memrchr(*at, '=', bytes);
    if (!colon || !equals || colon >= equals)
        return fail(why, FAIL_INVALID, "oidc_roles: '%.*s' is no CLAIM:VALUE=ROLE",
                    (int)(bytes < 80 ? bytes : 80), *at);
    size_t role_bytes = bytes - (size_t)(equals + 1 - *at);
    while (role_bytes > 0 && equals[role_bytes] == ' ')
        role_bytes--;
    rule->claim = mem_string_sized(*at, (size_t)(colon - *at));
    rule->value = colon + 1;
    rule->value_bytes = (size_t)(equals - colon - 1);
    rule->role = mem_string_sized(equals + 1, role_bytes);
    *at += bytes;
    return true;
}

static void rule_done(struct rule *rule)
{
    mem_free(rule->claim);
    mem_free(rule->role);
}

bool oidc_roles_of(const char *mapping, json claims, struct bytes *out, struct fail *why)
{
    struct bytes found;
    struct rule rule;
    bytes_init(&found, 4096);
    while (next_rule(&mapping, &rule, why)) {
        if (claim_fits(claims, rule.claim, rule.value, rule.value_bytes))
            bytes_printf(&found, "%s ", rule.role);
        rule_done(&rule);
    }
    bool good =
        why->kind == FAIL_NONE &&
        (found.length > 0 || fail_code(why, FAIL_DENIED, "no_role",
                                       "nobody has given you a role here; ask an administrator"));
    good = good && roles_read(found.data, out, why);
    bytes_done(&found);
    return good;
}

bool oidc_roles_check(const char *mapping, struct fail *why)
{
    struct rule rule;
    size_t count = 0;
    while (next_rule(&mapping, &rule, why)) {
        struct bytes ignored;
        bytes_init(&ignored, 200);
        bool good = roles_read(rule.role, &ignored, why);
        bytes_done(&ignored);
        rule_done(&rule);
        if (!good)
            return fail_within(why, "oidc_roles");
        count++;
    }
    return why->kind == FAIL_NONE &&
           (count > 0 ||
            fail(why, FAIL_INVALID, "oidc_roles: say who gets a role, as CLAIM:VALUE=ROLE"));
}
