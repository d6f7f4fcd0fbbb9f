#include "cli/sample.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define DEPTH_MAX 16
#define ITEMS_MAX 50

static json sample(json schema, int depth);

static double number_of(json schema, const char *key, double otherwise)
{
    json v = json_get(schema, key);
    double n = json_is_number(v) ? json_double(v) : otherwise;
    json_free(v);
    return n;
}

static json sample_number(json schema, bool whole)
{
    double least = number_of(schema, "minimum", NAN),
           above = number_of(schema, "exclusiveMinimum", NAN),
           most = number_of(schema, "maximum", NAN), step = number_of(schema, "multipleOf", NAN);
    double n = isnan(least) ? 1 : least;
    if (!isnan(above) && !(n > above))
        n = above + 1;
    if (whole)
        n = ceil(n);
    if (!isnan(step) && step > 0)
        n = ceil(n / step) * step;
    if (!isnan(most) && n > most)
        n = most;
    return json_number(n);
}

static json sample_text(json schema)
{
    static const char *const formats[][2] = {{"date-time", "2030-01-01T00:00:00Z"},
                                             {"date", "2030-01-01"},
                                             {"time", "00:00:00Z"},
                                             {"email", "somebody@example.org"},
                                             {"uri", "https://example.org/"},
                                             {"duration", "P1D"}};
    const char *format = json_get_text(schema, "format", "");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i][0], format) == 0)
            return json_string(formats[i][1]);
    int64_t least = json_get_int(schema, "minLength", 0),
            most = json_get_int(schema, "maxLength", 200);
    char text[201] = "sample";
    size_t length = strlen(text);
    while (length < sizeof text - 1 && (int64_t)length < least)
        text[length++] = 'x';
    if (most >= 0 && (int64_t)length > most)
        length = (size_t)most;
    text[length] = 0;
    return json_string(text);
}

// Items that have to differ get a number behind, or the next choice.
static json sample_item(json items, size_t n, int depth)
{
    json choices = json_get(items, "enum"), one = json_at(choices, n);
    json_free(choices);
    if (!json_is_absent(one))
        return one;
    one = sample(items, depth);
    if (n == 0)
        return one;
    json other = json_is_string(one)   ? json_printf("%s %zu", json_text(one), n + 1)
                 : json_is_number(one) ? json_number(json_double(one) + (double)n)
                                       : json_ref(one);
    json_free(one);
    return other;
}

static json sample_list(json schema, int depth)
{
    json items = json_get(schema, "items"), out = json_array();
    int64_t least = json_get_int(schema, "minItems", 0);
    for (size_t n = 0; (int64_t)n < least && n < ITEMS_MAX; n++)
        json_append_take(&out, sample_item(items, n, depth + 1));
    json_free(items);
    return out;
}

static json sample_object(json schema, int depth)
{
    json out = json_object(), required = json_get(schema, "required"),
         properties = json_get(schema, "properties");
    for (size_t i = 0; i < json_length(required); i++) {
        json name = json_at(required, i);
        if (json_is_string(name)) {
            json part = json_get(properties, json_text(name));
            json_set_take(&out, json_text(name), sample(part, depth + 1));
            json_free(part);
        }
        json_free(name);
    }
    json_free(properties);
    json_free(required);
    return out;
}

// What the schema says outright: const, default, the first of enum, or of anyOf and oneOf.
static bool said(json schema, int depth, json *out)
{
    static const char *const values[] = {"const", "default"}, *const choices[] = {"anyOf", "oneOf"};
    for (size_t i = 0; i < 2; i++)
        if (json_has(schema, values[i])) {
            *out = json_get(schema, values[i]);
            return true;
        }
    json first = json_path(schema, "enum.0");
    if (!json_is_absent(first)) {
        *out = first;
        return true;
    }
    for (size_t i = 0; i < 2 && !json_has(schema, "type"); i++) {
        char *path = mem_printf("%s.0", choices[i]);
        json branch = json_path(schema, path);
        bool there = json_is_object(branch);
        if (there)
            *out = sample(branch, depth + 1);
        json_free(branch);
        mem_free(path);
        if (there)
            return true;
    }
    return false;
}

static json sample(json schema, int depth)
{
    json out;
    if (!json_is_object(schema) || depth > DEPTH_MAX)
        return json_string("sample");
    if (said(schema, depth, &out))
        return out;
    json type = json_get(schema, "type");
    if (json_is_array(type))
        json_swap_take(&type, json_at(type, 0));
    char *name = mem_string(json_is_string(type) ? json_text(type) : "");
    json_free(type);
    bool is_object = strcmp(name, "object") == 0 || (!*name && json_has(schema, "properties"));
    if (is_object)
        out = sample_object(schema, depth);
    else if (strcmp(name, "array") == 0)
        out = sample_list(schema, depth);
    else if (strcmp(name, "integer") == 0 || strcmp(name, "number") == 0)
        out = sample_number(schema, strcmp(name, "integer") == 0);
    else if (strcmp(name, "boolean") == 0)
        out = json_bool(true);
    else if (strcmp(name, "null") == 0)
        out = json_null();
    else
        out = sample_text(schema);
    mem_free(name);
    return out;
}

json sample_of(json schema)
{
    return sample(schema, 0);
}
