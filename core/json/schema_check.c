// Checking: first quickly, without a word; only what does not fit is walked again to say why. A
// node that has `unevaluated…` below it, or in one that encloses it in place, keeps book of the
// properties and items that its keywords have seen; a subschema that fails leaves no entry (core
// section 7.7.1).
#include "json/schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "json/format.h"
#include "json/schema_node.h"
#include "json/schema_report.h"
#include "json/schema_union.h"
#include "json/schema_walk.h"

#define DEPTH_MAX 600
#define STEPS_MAX 5000000

static bool in_place(const struct task *t, const struct schema_node *n)
{
    return schema_fits(t, n, t->value, t->at, t->seen, t->f);
}

static bool silently(const struct task *t, const struct schema_node *n)
{
    return schema_fits(t, n, t->value, t->at, t->seen, NULL);
}

// ---- scalars

static bool has_type(unsigned types, json v)
{
    if (types & SCHEMA_KIND(json_kind(v)))
        return true;
    return (types & SCHEMA_INTEGER) && json_is_number(v) && floor(json_double(v)) == json_double(v);
}

static bool is_among(json list, json v)
{
    bool found = false;
    for (size_t i = 0; !found && i < json_length(list); i++) {
        json item = json_at(list, i);
        found = json_equal(item, v);
        json_free(item);
    }
    return found;
}

static bool fits_choices(const struct task *t)
{
    const struct schema_node *n = t->n;
    if (!json_is_absent(n->enumeration) && !is_among(n->enumeration, t->value))
        return report_choice(t->f, n, t->at, "enum", n->enumeration, t->value);
    if (json_is_absent(n->constant) || json_equal(n->constant, t->value))
        return true;
    json only = json_array();
    json_append(&only, n->constant);
    report_choice(t->f, n, t->at, "const", only, t->value);
    json_free(only);
    return false;
}

static bool is_multiple(double v, double of)
{
    double quotient = v / of;
    if (!isfinite(quotient))
        return false;
    return fmod(v, of) == 0 || fabs(quotient - round(quotient)) < 1e-9 * fmax(1, fabs(quotient));
}

static bool report_number(const struct task *t, const char *keyword, const char *words, double n)
{
    struct bytes number;
    if (!t->f)
        return false;
    bytes_init(&number, 100);
    json_write_number(n, &number);
    schema_report(t->f, t->n, t->at, keyword, "must be %s %s", words, number.data);
    bytes_done(&number);
    return false;
}

static bool fits_number(const struct task *t)
{
    const struct schema_node *n = t->n;
    double v = json_double(t->value);
    if (n->minimum.set && !(v >= n->minimum.n))
        return report_number(t, "minimum", "at least", n->minimum.n);
    if (n->maximum.set && !(v <= n->maximum.n))
        return report_number(t, "maximum", "at most", n->maximum.n);
    if (n->above.set && !(v > n->above.n))
        return report_number(t, "exclusiveMinimum", "greater than", n->above.n);
    if (n->below.set && !(v < n->below.n))
        return report_number(t, "exclusiveMaximum", "less than", n->below.n);
    if (n->multiple_of.set && !is_multiple(v, n->multiple_of.n))
        return report_number(t, "multipleOf", "a multiple of", n->multiple_of.n);
    return true;
}

static bool fits_sizes(const struct task *t, struct schema_sizes sizes, size_t size,
                       const char *const words[4])
{
    if (size < sizes.min)
        return schema_report(t->f, t->n, t->at, words[0], "must have at least %zu %s, has %zu",
                             sizes.min, sizes.min == 1 ? words[2] : words[3], size);
    if (size > sizes.max)
        return schema_report(t->f, t->n, t->at, words[1], "must have at most %zu %s, has %zu",
                             sizes.max, sizes.max == 1 ? words[2] : words[3], size);
    return true;
}

static bool report_format(const struct task *t, const char *text)
{
    const char *format = t->n->format, *near = t->f ? format_near(format, text) : NULL;
    if (near)
        return schema_report(t->f, t->n, t->at, "format", "must be %s; did you mean '%s'?",
                             format_name(format), near);
    return schema_report(t->f, t->n, t->at, "format", "must be %s", format_name(format));
}

static bool fits_text(const struct task *t)
{
    static const char *const words[] = {"minLength", "maxLength", "character", "characters"};
    const struct schema_node *n = t->n;
    const char *text = json_text(t->value);
    size_t bytes = json_text_bytes(t->value);
    if (bytes == 0 && n->lengths.min > 0)
        return schema_report(t->f, n, t->at, "minLength", "must not be empty");
    if (!fits_sizes(t, n->lengths, utf8_count(text, bytes), words))
        return false;
    if (n->pattern.pattern && !pattern_matches(n->pattern.pattern, text, bytes))
        return schema_report(t->f, n, t->at, "pattern", "must match the pattern %.200s",
                             n->pattern.text);
    if (n->format && !format_fits(n->format, text, bytes))
        return report_format(t, text);
    return true;
}

// ---- lists

static int by_value(const void *a, const void *b)
{
    return json_compare(*(const json *)a, *(const json *)b);
}

static bool has_doubles(json list)
{
    size_t count = json_length(list);
    json *items = mem_alloc((count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = json_at(list, i);
        json_free(items[i]); // the list holds it
    }
    qsort(items, count, sizeof *items, by_value);
    bool doubled = false;
    for (size_t i = 1; i < count && !doubled; i++)
        doubled = json_equal(items[i - 1], items[i]);
    mem_free(items);
    return doubled;
}

static void mark(const struct task *t, size_t i)
{
    if (t->seen && i < t->seen->count)
        t->seen->flags[i] = true;
}

static bool fits_item(const struct task *t, const struct schema_node *n, size_t i,
                      struct findings *f)
{
    struct place at = {t->at, NULL, i, t->at->depth + 1};
    json item = json_at(t->value, i);
    bool good = schema_fits(t, n, item, &at, NULL, f);
    json_free(item);
    return good;
}

static bool fits_contains(const struct task *t, size_t count)
{
    const struct schema_node *n = t->n;
    size_t found = 0;
    if (!n->contains)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (!fits_item(t, n->contains, i, NULL))
            continue;
        found++;
        mark(t, i);
    }
    if (found < n->contains_count.min)
        return schema_report(t->f, n, t->at, "contains",
                             "must hold at least %zu of the items that are wanted, holds %zu",
                             n->contains_count.min, found);
    if (found > n->contains_count.max)
        return schema_report(t->f, n, t->at, "maxContains",
                             "must hold at most %zu of the items that are wanted, holds %zu",
                             n->contains_count.max, found);
    return true;
}

static bool fits_list(const struct task *t)
{
    static const char *const words[] = {"minItems", "maxItems", "item", "items"};
    const struct schema_node *n = t->n;
    size_t count = json_length(t->value);
    bool good = fits_sizes(t, n->items_count, count, words);
    if (good && n->unique && has_doubles(t->value))
        good = schema_report(t->f, n, t->at, "uniqueItems", "must not hold the same item twice");
    for (size_t i = 0; i < count && (good || t->f); i++) {
        const struct schema_node *item = i < n->prefix.count ? n->prefix.items[i] : n->items;
        if (!item)
            break;
        mark(t, i);
        if (item->never)
            good = schema_report(t->f, n, t->at, "items", "must have at most %zu items, has %zu",
                                 n->prefix.count, count);
        else
            good = fits_item(t, item, i, t->f) && good;
        if (item->never)
            break;
    }
    return (good || t->f) && fits_contains(t, count) && good;
}

// ---- objects

static bool fits_required(const struct task *t)
{
    bool good = true;
    for (size_t i = 0; i < t->n->required_count && (good || t->f); i++) {
        const char *name = t->n->required[i];
        if (json_has(t->value, name))
            continue;
        char message[200];
        snprintf(message, sizeof message, "'%.150s' is missing", name);
        good = report_property(t->f, t->n, t->at, "required", name, message);
    }
    return good;
}

static bool fits_dependent(const struct task *t)
{
    const struct schema_node *n = t->n;
    struct json_cursor cursor = JSON_CURSOR_START;
    struct map_entry *entry;
    const char *key;
    json names;
    bool good = true;
    while (json_next(n->dependent_required, &cursor, &key, &names)) {
        if (!json_has(t->value, key))
            continue;
        for (size_t i = 0; i < json_length(names); i++) {
            json name = json_at(names, i);
            char message[300];
            snprintf(message, sizeof message, "'%.120s' is missing; '%.120s' needs it",
                     json_text(name), key);
            if (!json_has(t->value, json_text(name)))
                good = report_property(t->f, n, t->at, "required", json_text(name), message);
            json_free(name);
        }
    }
    for (size_t i = 0; map_next(&n->dependent_schemas, &i, &entry);)
        if (json_has(t->value, entry->key))
            good = in_place(t, entry->value) && good;
    return good;
}

static bool fits_name(const struct task *t, const char *key, json name)
{
    struct findings why = {.arena = t->f ? t->f->arena : NULL};
    bool good = schema_fits(t, t->n->names, name, t->at, NULL, t->f ? &why : NULL);
    if (!good && t->f && why.count > 0) {
        char message[500];
        snprintf(message, sizeof message, "the key '%.100s' %.350s", key, why.items[0].message);
        report_property(t->f, t->n, t->at, "propertyNames", key, message);
    }
    findings_done(&why);
    return good;
}

static bool fits_property(const struct task *t, const char *key, json value, size_t i)
{
    const struct schema_node *n = t->n, *known = map_get(&n->properties, key);
    struct place at = {t->at, key, 0, t->at->depth + 1};
    bool good = true, found = known != NULL;
    if (known)
        good = schema_fits(t, known, value, &at, NULL, t->f);
    for (size_t p = 0; p < n->pattern_count && (good || t->f); p++) {
        if (!pattern_matches(n->patterns[p].pattern, key, strlen(key)))
            continue;
        found = true;
        good = schema_fits(t, n->patterns[p].node, value, &at, NULL, t->f) && good;
    }
    if (!found && n->additional) {
        found = true;
        if (n->additional->never)
            return report_unknown(t->f, n, t->at, "additionalProperties", key);
        good = schema_fits(t, n->additional, value, &at, NULL, t->f) && good;
    }
    if (found)
        mark(t, i);
    return good;
}

static bool fits_object(const struct task *t)
{
    static const char *const words[] = {"minProperties", "maxProperties", "property", "properties"};
    const struct schema_node *n = t->n;
    json v = t->value;
    bool good = fits_sizes(t, n->properties_count, json_length(v), words);
    good = (good || t->f) && fits_required(t) && good;
    size_t index = 0;
    for (int i = jv_object_iter(v); (good || t->f) && jv_object_iter_valid(v, i);
         i = jv_object_iter_next(v, i), index++) {
        json key = jv_object_iter_key(v, i), value = jv_object_iter_value(v, i);
        good = fits_property(t, json_text(key), value, index) && good;
        if (n->names && (good || t->f))
            good = fits_name(t, json_text(key), key) && good;
        json_free(key);
        json_free(value);
    }
    return (good || t->f) && fits_dependent(t) && good;
}

static bool fits_any(const struct task *t)
{
    bool good = false;
    for (size_t i = 0; i < t->n->any_of.count && (!good || t->seen); i++)
        good = silently(t, t->n->any_of.items[i]) || good;
    if (!good && t->f)
        union_report(t, &t->n->any_of);
    return good;
}

static bool fits_one(const struct task *t)
{
    size_t fitting = 0;
    for (size_t i = 0; i < t->n->one_of.count && fitting < 2; i++)
        fitting += silently(t, t->n->one_of.items[i]);
    if (fitting == 1)
        return true;
    if (fitting > 1)
        return schema_report(t->f, t->n, t->at, "oneOf",
                             "fits more than one of the alternatives, but may fit only one");
    if (t->f)
        union_report(t, &t->n->one_of);
    return false;
}

static bool fits_combined(const struct task *t)
{
    const struct schema_node *n = t->n;
    bool good = true;
    for (size_t i = 0; i < n->all_of.count && (good || t->f); i++)
        good = in_place(t, n->all_of.items[i]) && good;
    if (n->any_of.count > 0 && (good || t->f))
        good = fits_any(t) && good;
    if (n->one_of.count > 0 && (good || t->f))
        good = fits_one(t) && good;
    if (n->not_one && (good || t->f) && schema_fits(t, n->not_one, t->value, t->at, NULL, NULL))
        good = schema_report(t->f, n, t->at, "not", "is of a form that is not allowed here");
    if (n->condition && (good || t->f)) {
        const struct schema_node *then =
            silently(t, n->condition) ? n->consequence : n->alternative;
        good = (!then || in_place(t, then)) && good;
    }
    return good;
}

// ---- what no keyword has seen

static bool fits_unseen_property(const struct task *t, const char *key, json value)
{
    const struct schema_node *rest = t->n->unevaluated_properties;
    struct place at = {t->at, key, 0, t->at->depth + 1};
    if (rest->never)
        return report_unknown(t->f, t->n, t->at, "unevaluatedProperties", key);
    return schema_fits(t, rest, value, &at, NULL, t->f);
}

static bool fits_unseen(const struct task *t)
{
    json v = t->value;
    bool good = true;
    size_t index = 0;
    if (t->n->unevaluated_properties && json_is_object(v)) {
        for (int i = jv_object_iter(v); (good || t->f) && jv_object_iter_valid(v, i);
             i = jv_object_iter_next(v, i), index++) {
            json key = jv_object_iter_key(v, i), value = jv_object_iter_value(v, i);
            if (!t->seen->flags[index])
                good = fits_unseen_property(t, json_text(key), value) && good;
            json_free(key);
            json_free(value);
            t->seen->flags[index] = true;
        }
    }
    if (t->n->unevaluated_items && json_is_array(v)) {
        for (; index < t->seen->count && (good || t->f); index++) {
            if (!t->seen->flags[index] && t->n->unevaluated_items->never)
                return schema_report(t->f, t->n, t->at, "unevaluatedItems",
                                     "item %zu is one more than is allowed here", index + 1);
            if (!t->seen->flags[index])
                good = fits_item(t, t->n->unevaluated_items, index, t->f) && good;
            t->seen->flags[index] = true;
        }
    }
    return good;
}

// ---- one value against one node

static bool fits_keywords(const struct task *t)
{
    const struct schema_node *n = t->n;
    if (n->never)
        return schema_report(t->f, n, t->at, "false", "must not be here");
    if (n->types && !has_type(n->types, t->value))
        return report_type(t->f, n, t->at, n->types, t->value);
    bool good = !n->ref || in_place(t, n->ref);
    if (good || t->f)
        good = fits_choices(t) && good;
    if (!good && !t->f)
        return false;
    if (json_is_number(t->value))
        good = fits_number(t) && good;
    else if (json_is_string(t->value))
        good = fits_text(t) && good;
    else if (json_is_array(t->value))
        good = fits_list(t) && good;
    else if (json_is_object(t->value))
        good = fits_object(t) && good;
    return (good || t->f) && fits_combined(t) && good;
}

// A reference that comes back to itself without going deeper into the value would never end.
static bool is_too_much(const struct task *t)
{
    struct check *c = t->check;
    if (++c->steps <= STEPS_MAX && c->depth < DEPTH_MAX && !c->exhausted)
        return false;
    if (!c->exhausted)
        schema_report(t->f, t->n, t->at, "$ref", "the schema refers to itself without end here");
    c->exhausted = true;
    return true;
}

bool schema_fits(const struct task *parent, const struct schema_node *n, json value,
                 const struct place *at, struct seen *seen, struct findings *f)
{
    struct seen mine = {0};
    struct task t = {parent->check, n, value, at, NULL, f};
    if (is_too_much(&t))
        return false;
    bool books = seen || n->unevaluated_items || n->unevaluated_properties;
    if (books && (json_is_object(value) || json_is_array(value))) {
        mine.count = json_length(value);
        mine.flags = mem_zero(mine.count + 1, sizeof *mine.flags);
        t.seen = &mine;
    }
    t.check->depth++;
    // After another mistake the books are incomplete, and what they lack is no second mistake.
    size_t found = f ? f->count : 0;
    bool good = fits_keywords(&t);
    if (good && t.seen)
        good = fits_unseen(&t);
    else if (!good && f && n->unevaluated_properties && n->unevaluated_properties->never)
        report_misspelt(f, n, at, value);
    if (!good && f && n->must)
        report_must(f, n, at, found, value);
    t.check->depth--;
    for (size_t i = 0; good && seen && i < mine.count; i++)
        seen->flags[i] = seen->flags[i] || mine.flags[i];
    mem_free(mine.flags);
    return good;
}

// ---- public

static int by_place(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    int order = strcmp(x->pointer, y->pointer);
    return order != 0 ? order : strcmp(x->message, y->message);
}

// Different keywords may lead to the same sentence, as when two branches of allOf want the same.
static bool is_repeated(const struct findings *f, size_t i)
{
    return i > 0 && strcmp(f->items[i].pointer, f->items[i - 1].pointer) == 0 &&
           strcmp(f->items[i].message, f->items[i - 1].message) == 0;
}

bool schema_check(const struct schema *s, json value, schema_violated *violated, void *context)
{
    struct check check = {0};
    struct task top = {.check = &check};
    struct place at = {0};
    if (schema_fits(&top, s->root, value, &at, NULL, NULL))
        return true;
    struct arena arena;
    arena_init(&arena);
    struct findings f = {.arena = &arena};
    check = (struct check){0};
    schema_fits(&top, s->root, value, &at, NULL, &f);
    if (f.count == 0)
        schema_report(&f, s->root, &at, "false", "does not fit its schema");
    qsort(f.items, f.count, sizeof *f.items, by_place);
    for (size_t i = 0; i < f.count; i++) {
        const struct finding *found = &f.items[i];
        if (found->dropped || is_repeated(&f, i))
            continue;
        struct schema_violation violation = {found->pointer, found->keyword, found->message,
                                             found->property};
        violated(context, &violation);
    }
    findings_done(&f);
    arena_done(&arena);
    return false;
}

struct first {
    struct fail *why;
    size_t count;
};

static void keep_first(void *context, const struct schema_violation *v)
{
    struct first *first = context;
    if (first->count++ > 0)
        return;
    if (*v->pointer)
        fail(first->why, FAIL_INVALID, "%.200s: %.390s", v->pointer, v->message);
    else
        fail(first->why, FAIL_INVALID, "%.590s", v->message);
}

bool schema_require(const struct schema *s, json value, struct fail *why)
{
    struct first first = {why, 0};
    return schema_check(s, value, keep_first, &first);
}
