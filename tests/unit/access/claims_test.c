// What a provider's ID token must say, and which roles follow from its claims.
#include "access/oidc.h"

#include "base/hash.h"
#include "base/mem.h"
#include "test.h"

#include <string.h>

static char *id_token(const char *claims)
{
    char body[2048];
    base64_encode(claims, strlen(claims), body);
    return mem_printf("eyJhbGciOiJub25lIn0.%s.", body);
}

static bool reads(const char *claims)
{
    struct fail why = {0};
    json out;
    char *token = id_token(claims);
    bool good = oidc_read_token(
        token, &(struct oidc_expected){"https://id.example.org", "dure", "n1", INT64_C(1000000)},
        &out, &why);
    json_free(out);
    mem_free(token);
    return good;
}

TEST(oidc, a_token_is_for_us_from_them_and_now)
{
    UNUSED_STATE;
    assert_true(reads("{\"iss\":\"https://id.example.org\",\"aud\":\"dure\",\"exp\":1010,\"nonce\":"
                      "\"n1\",\"sub\":\"7\"}"));
    assert_true(reads("{\"iss\":\"https://id.example.org\",\"aud\":[\"x\",\"dure\"],\"azp\":"
                      "\"dure\",\"exp\":1010,\"nonce\":\"n1\",\"sub\":\"7\"}"));
    static const char *const bad[] = {
        "{\"iss\":\"https://evil.example.org\",\"aud\":\"dure\",\"exp\":1010,\"nonce\":\"n1\","
        "\"sub\":\"7\"}",
        "{\"iss\":\"https://id.example.org\",\"aud\":\"x\",\"exp\":1010,\"nonce\":\"n1\",\"sub\":"
        "\"7\"}",
        "{\"iss\":\"https://id.example.org\",\"aud\":[\"x\",\"dure\"],\"exp\":1010,\"nonce\":"
        "\"n1\",\"sub\":\"7\"}",
        "{\"iss\":\"https://id.example.org\",\"aud\":\"dure\",\"exp\":940,\"nonce\":\"n1\",\"sub\":"
        "\"7\"}",
        "{\"iss\":\"https://id.example.org\",\"aud\":\"dure\",\"nonce\":\"n1\",\"sub\":\"7\"}",
        "{\"iss\":\"https://id.example.org\",\"aud\":\"dure\",\"exp\":1010,\"nonce\":\"n2\","
        "\"sub\":\"7\"}",
        "{\"iss\":\"https://id.example.org\",\"aud\":\"dure\",\"exp\":1010,\"nonce\":\"n1\"}",
        "{\"iss\":\"https://id.example.org\",\"aud\":\"dure\",\"exp\":1010,\"iat\":2000,\"nonce\":"
        "\"n1\",\"sub\":\"7\"}",
        "[]",
        "nonsense"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(reads(bad[i]));
}

static void assert_roles(const char *mapping, const char *claims, const char *expected)
{
    struct fail why = {0};
    struct bytes out;
    json value;
    bytes_init(&out, 200);
    assert_true(json_parse(claims, strlen(claims), &value, &why));
    bool good = oidc_roles_of(mapping, value, &out, &why);
    assert_int_equal(good, expected != NULL);
    if (expected)
        assert_string_equal(out.data, expected);
    json_free(value);
    bytes_done(&out);
}

TEST(oidc, roles_follow_from_claims)
{
    UNUSED_STATE;
    static const char map[] = "email:kim@example.org=admin, groups:office=operator,sub:*=viewer";
    assert_roles(map, "{\"sub\":\"7\"}", "viewer");
    assert_roles(map, "{\"sub\":\"7\",\"groups\":[\"a\",\"office\"]}", "operator viewer");
    assert_roles(map, "{\"sub\":\"7\",\"email\":\"kim@example.org\"}", "viewer");
    assert_roles(map, "{\"sub\":\"7\",\"email\":\"kim@example.org\",\"email_verified\":true}",
                 "admin viewer");
    assert_roles("groups:office=operator", "{\"sub\":\"7\",\"groups\":[\"officer\"]}", NULL);
    struct fail why;
    assert_false(oidc_roles_check("groups=operator", &why));
    assert_false(oidc_roles_check("groups:x=boss", &why));
    assert_false(oidc_roles_check("", &why));
}

RUN(CASE(oidc, a_token_is_for_us_from_them_and_now), CASE(oidc, roles_follow_from_claims))
