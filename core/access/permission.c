#include "access/permission.h"

#include <string.h>

#include "base/must.h"

// Auditors look and prove but touch nothing; authors may start what they write, so that they can
// try it, but leave what runs to operators.
const struct role roles[ROLE_COUNT] = {
    {"admin", PERMIT_ALL, {"관리자", "Administrator"}},
    {"author", PERMIT_VIEW | PERMIT_AUTHOR | PERMIT_START, {"작성자", "Author"}},
    {"operator",
     PERMIT_VIEW | PERMIT_START | PERMIT_OPERATE | PERMIT_PEOPLE,
     {"운영자", "Operator"}},
    {"auditor", PERMIT_VIEW | PERMIT_AUDIT, {"감사", "Auditor"}},
    {"viewer", PERMIT_VIEW, {"열람자", "Viewer"}},
};

static const char *const names[] = {"view",   "author", "start", "operate",
                                    "people", "audit",  "admin"};
_Static_assert(sizeof names / sizeof *names == PERMIT_COUNT, "each permission has a name");

const char *permission_name(size_t i)
{
    must(i < PERMIT_COUNT);
    return names[i];
}

static bool is_word(const char *name, const char *word, size_t bytes)
{
    return strlen(name) == bytes && memcmp(name, word, bytes) == 0;
}

static const struct role *find_role(const char *word, size_t bytes)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (is_word(roles[i].name, word, bytes))
            return &roles[i];
    return NULL;
}

static unsigned find_permission(const char *word, size_t bytes)
{
    for (size_t i = 0; i < PERMIT_COUNT; i++)
        if (is_word(names[i], word, bytes))
            return 1U << i;
    return 0;
}

// The next word of the list, or NULL at its end.
static const char *next_word(const char **at, size_t *bytes)
{
    const char *word = *at + strspn(*at, " ,");
    *bytes = strcspn(word, " ,");
    *at = word + *bytes;
    return *bytes > 0 ? word : NULL;
}

bool permissions_read(const char *words, unsigned *permissions, struct fail *why)
{
    size_t bytes;
    *permissions = 0;
    for (const char *word; (word = next_word(&words, &bytes));) {
        const struct role *role = find_role(word, bytes);
        unsigned found = role ? role->permissions : find_permission(word, bytes);
        if (!found)
            return fail(why, FAIL_INVALID,
                        "there is no role or permission '%.*s'; roles are admin, author, operator, "
                        "auditor, viewer; permissions are view, author, start, operate, people, "
                        "audit, admin",
                        (int)(bytes < 40 ? bytes : 40), word);
        *permissions |= found;
    }
    return *permissions != 0 || fail(why, FAIL_INVALID, "name a role or a permission");
}

bool roles_read(const char *words, struct bytes *out, struct fail *why)
{
    bool given[ROLE_COUNT] = {false};
    size_t bytes, count = 0;
    for (const char *word; (word = next_word(&words, &bytes));) {
        const struct role *role = find_role(word, bytes);
        if (!role)
            return fail(why, FAIL_INVALID,
                        "there is no role '%.*s'; there are admin, author, operator, auditor, "
                        "viewer",
                        (int)(bytes < 40 ? bytes : 40), word);
        given[role - roles] = true;
    }
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (given[i])
            bytes_printf(out, "%s%s", count++ > 0 ? " " : "", roles[i].name);
    return count > 0 || fail(why, FAIL_INVALID, "an account needs a role");
}

void permissions_write(unsigned permissions, struct bytes *out)
{
    size_t count = 0;
    for (size_t i = 0; i < PERMIT_COUNT; i++)
        if (permissions & (1U << i))
            bytes_printf(out, "%s%s", count++ > 0 ? " " : "", names[i]);
}
