// URI templates as the DSL has them: RFC 6570, simple string expansion (dsl-reference.md, "URI
// Template").
#include <string.h>

#include "machine/words.h"

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void add_encoded(struct bytes *out, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (is_unreserved(s[i]))
            bytes_add_char(out, s[i]);
        else
            bytes_printf(out, "%%%02X", (unsigned)(unsigned char)s[i]);
    }
}

static bool add_value(const char *name, json value, struct bytes *out, struct fail *why)
{
    enum { NUMBER_MAX = 64 };
    struct bytes text;
    switch (json_kind(value)) {
    case JSON_ABSENT:
    case JSON_NULL:
        return true;
    case JSON_STRING:
        add_encoded(out, json_text(value), json_text_bytes(value));
        return true;
    case JSON_BOOL:
        bytes_add(out, json_is_true(value) ? "true" : "false");
        return true;
    case JSON_NUMBER:
        bytes_init(&text, NUMBER_MAX);
        json_write_number(json_double(value), &text);
        add_encoded(out, text.data, text.length);
        bytes_done(&text);
        return true;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return fail(why, FAIL_INVALID, "'{%s}' in the uri is %s, and must be a text, number or boolean",
                name, json_kind_name(json_kind(value)));
}

bool uri_expand(const char *text, json data, struct bytes *out, struct fail *why)
{
    while (*text != '\0') {
        const char *open = strchr(text, '{');
        const char *close = open != NULL ? strchr(open, '}') : NULL;
        char name[256];
        if (close == NULL || (size_t)(close - open) > sizeof name)
            return bytes_add(out, text);
        bytes_append(out, text, (size_t)(open - text));
        size_t length = (size_t)(close - open) - 1;
        memcpy(name, open + 1, length);
        name[length] = '\0';
        json value = json_get(data, name);
        bool good = add_value(name, value, out, why);
        json_free(value);
        if (!good)
            return false;
        text = close + 1;
    }
    return true;
}
