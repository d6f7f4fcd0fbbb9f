#include "machine/event.h"

#include <string.h>

#include "base/mem.h"
#include "machine/machine.h"
#include "json/pattern.h"

json event_read(json event, enum event_read read)
{
    if (read == READ_ENVELOPE)
        return json_ref(event);
    json data = json_get(event, "data");
    json binary = json_get(event, "data_base64");
    if (json_is_absent(data))
        json_swap_take(&data, json_is_absent(binary) ? json_null() : json_ref(binary));
    json_free(binary);
    if (read == READ_DATA || json_is_string(data))
        return data;
    char *text = json_dump(data);
    json raw = json_string(text);
    mem_free(text);
    json_free(data);
    return raw;
}

// ---- attributes

// `with` "supports both regular expressions and runtime expressions" (dsl-reference.md, "Event
// Filter"). Only what the author wrote is read as a regular expression, never what was computed
// from data.
static bool fits_pattern(const char *text, json value)
{
    if (strpbrk(text, "*+?[](){}|^$\\") == NULL)
        return false;
    struct fail why;
    char *whole = mem_printf("^(?:%s)$", text);
    struct pattern *pattern = pattern_new(whole, &why);
    bool fits =
        pattern != NULL && pattern_matches(pattern, json_text(value), json_text_bytes(value));
    pattern_free(pattern);
    mem_free(whole);
    return fits;
}

static bool attribute_fits(const char *key, json wanted, json have, bool patterns)
{
    if (json_is_absent(have))
        return false;
    if (strcmp(key, "data") == 0)
        return json_contains(have, wanted);
    if (json_equal(wanted, have))
        return true;
    return patterns && json_is_string(wanted) && json_is_string(have) &&
           fits_pattern(json_text(wanted), have);
}

static bool attributes_fit(json with, json event, bool patterns, struct fail *why)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json wanted;
    while (json_next(with, &cursor, &key, &wanted)) {
        json have = json_get(event, key);
        bool fits = attribute_fits(key, wanted, have, patterns);
        json_free(have);
        if (!fits) {
            fail(why, FAIL_REFUSED, "its '%s' is another", key);
            json_cursor_done(&cursor);
            return false;
        }
    }
    return true;
}

// ---- expressions on an event: there is no instance, so there are no names

static json no_variable(const struct scope *scope, const char *name)
{
    (void)scope;
    (void)name;
    return json_absent();
}

static bool type_fits(const struct event_filter *filter, json event, struct fail *why)
{
    if (filter->type == NULL)
        return true;
    const char *type = json_get_text(event, "type", "");
    if (strcmp(type, filter->type) == 0)
        return true;
    return fail(why, FAIL_REFUSED, "its type is '%s', not '%s'", type, filter->type);
}

static bool with_fits(const struct event_filter *filter, json event, const struct scope *scope,
                      struct fail *why)
{
    bool constant = filter->with != NULL && template_is_constant(filter->with);
    if (filter->with == NULL || (filter->task != NULL && !constant))
        return true; // evaluated at the subscription
    json with;
    if (!template_evaluate(filter->with, json_absent(), scope, &with, why))
        return false;
    bool fits = attributes_fit(with, event, constant, why);
    json_free(with);
    return fits;
}

static bool data_fits(const struct event_filter *filter, json event, const struct scope *scope,
                      struct fail *why)
{
    if (filter->data == NULL)
        return true;
    json data = event_read(event, READ_DATA), answer;
    bool good = expression_evaluate(filter->data, data, scope, &answer, why);
    json_free(data);
    if (!good)
        return fail_within(why, "the condition on its data");
    bool fits = json_truthy(answer);
    json_free(answer);
    return fits || fail(why, FAIL_REFUSED, "the condition on its data does not hold");
}

static bool extract(const struct event_filter *filter, json event, const struct scope *scope,
                    json *values, struct fail *why)
{
    *values = json_object();
    for (size_t n = 0; n < filter->correlation_count; n++) {
        const struct correlation *c = &filter->correlations[n];
        json value = json_absent();
        bool good = template_evaluate(c->from, event, scope, &value, why);
        if (good && json_is_null(value))
            good = fail(why, FAIL_REFUSED, "it carries no '%s' to correlate by", c->name);
        if (!good) {
            json_free(value);
            json_free(*values);
            *values = json_absent();
            return false;
        }
        json_set_take(values, c->name, value);
    }
    return true;
}

bool event_fits(const struct event_filter *filter, json event, int64_t now_ms, json *correlation,
                struct fail *why)
{
    struct scope scope = {.variable = no_variable, .now_ms = now_ms};
    *correlation = json_absent();
    return type_fits(filter, event, why) && with_fits(filter, event, &scope, why) &&
           data_fits(filter, event, &scope, why) &&
           extract(filter, event, &scope, correlation, why);
}

bool event_fits_subscription(json with, json expected, json event, json correlation,
                             struct fail *why)
{
    if (!attributes_fit(with, event, false, why))
        return false;
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json wanted;
    while (json_next(expected, &cursor, &key, &wanted)) {
        json have = json_get(correlation, key);
        bool equal = json_equal(wanted, have);
        json_free(have);
        if (!equal) {
            fail(why, FAIL_REFUSED, "its '%s' is not the one expected", key);
            json_cursor_done(&cursor);
            return false;
        }
    }
    return true;
}

void event_correlation_key(const struct event_filter *filter, json values, struct bytes *out)
{
    json key = json_array();
    for (size_t n = 0; n < filter->correlation_count; n++) {
        const struct correlation *c = &filter->correlations[n];
        if (c->expect == NULL)
            continue;
        json value = json_get(values, c->name);
        json_append_take(&key, json_is_absent(value) ? json_null() : value);
    }
    if (json_length(key) > 0)
        json_write(key, JSON_COMPACT, out);
    json_free(key);
}
