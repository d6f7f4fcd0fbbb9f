#include "base/id.h"

#include <stddef.h>
#include <string.h>

#include "base/must.h"

// Crockford's base32: no I, L, O and U, so that an id can be read out over the phone.
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void write_base32(char *out, size_t digits, uint64_t value)
{
    for (size_t i = digits; i-- > 0; value >>= 5)
        out[i] = alphabet[value & 31];
}

struct id id_new(int64_t now_ms, struct random *random)
{
    must(now_ms >= 0 && now_ms < (INT64_C(1) << 48));
    struct id id;
    write_base32(id.text, 10, (uint64_t)now_ms);
    // 80 bits as twice 40, which are 8 digits each.
    write_base32(id.text + 10, 8, random_next(random) >> 24);
    write_base32(id.text + 18, 8, random_next(random) >> 24);
    id.text[ID_LENGTH] = 0;
    return id;
}

bool id_is_valid(const char *s)
{
    if (!s || s[0] < '0' || s[0] > '7') // 48 bits fill ten digits of five bits but for two
        return false;
    for (size_t i = 0; i < ID_LENGTH; i++)
        if (!s[i] || !memchr(alphabet, s[i], sizeof(alphabet) - 1))
            return false;
    return s[ID_LENGTH] == 0;
}

void id_write_number(uint64_t number, char out[ID_NUMBER_DIGITS + 1])
{
    must(number < UINT64_C(1) << (5 * ID_NUMBER_DIGITS));
    write_base32(out, ID_NUMBER_DIGITS, number);
    out[ID_NUMBER_DIGITS] = 0;
}
