// /metrics, read by a parser as strict as the text format 0.0.4 allows: each family is HELP, TYPE,
// then its samples; none comes twice, none without what it means.
#include "api/place.h"

#include <ctype.h>

#define FAMILIES_MAX 200

struct reading {
    char *family;               // the one in hand
    bool typed, counter, empty; // empty: no sample yet
    char *seen[FAMILIES_MAX];
    size_t seen_count;
    char *before; // the sample before, which must differ
    const char *mistake;
};

static bool mistaken(struct reading *r, const char *mistake)
{
    r->mistake = mistake;
    return false;
}

static size_t name_length(const char *text, bool colon)
{
    size_t n = 0;
    while (isalpha((unsigned char)text[n]) || text[n] == '_' || (colon && text[n] == ':') ||
           (n > 0 && isdigit((unsigned char)text[n])))
        n++;
    return n;
}

static bool end_family(struct reading *r)
{
    return !r->family || (r->typed && !r->empty) || mistaken(r, "a family without type or sample");
}

static bool read_help(struct reading *r, const char *rest)
{
    size_t length = name_length(rest, true);
    if (!end_family(r))
        return false;
    if (length == 0 || rest[length] != ' ' || rest[length + 1] == 0)
        return mistaken(r, "HELP wants a name and a text");
    for (const char *c = rest + length; (c = strchr(c, '\\')); c += 2)
        if (c[1] != '\\' && c[1] != 'n')
            return mistaken(r, "HELP has an escape that is none");
    mem_free(r->family);
    r->family = mem_string_sized(rest, length);
    r->typed = r->counter = false;
    r->empty = true;
    for (size_t i = 0; i < r->seen_count; i++)
        if (strcmp(r->seen[i], r->family) == 0)
            return mistaken(r, "a family comes twice");
    assert_true(r->seen_count < FAMILIES_MAX);
    r->seen[r->seen_count++] = mem_string(r->family);
    return true;
}

static bool read_type(struct reading *r, const char *rest)
{
    size_t length = name_length(rest, true);
    if (!r->family || r->typed || !r->empty || strncmp(rest, r->family, length) != 0 ||
        r->family[length] || rest[length] != ' ')
        return mistaken(r, "TYPE does not follow its HELP");
    r->counter = strcmp(rest + length + 1, "counter") == 0;
    if (!r->counter && strcmp(rest + length + 1, "gauge") != 0)
        return mistaken(r, "TYPE is neither counter nor gauge");
    if (r->counter != (length > 6 && strcmp(r->family + length - 6, "_total") == 0))
        return mistaken(r, "a counter ends in _total, and nothing else does");
    r->typed = true;
    return true;
}

// {name="value",…}; what follows it, or NULL.
static const char *after_labels(const char *c)
{
    if (*c != '{')
        return c;
    do {
        size_t length = name_length(++c, false);
        c += length;
        if (length == 0 || c[0] != '=' || c[1] != '"')
            return NULL;
        for (c += 2; *c && *c != '"'; c++)
            if (*c == '\\' && !strchr("\\\"n", *++c))
                return NULL;
    } while (*c == '"' && *++c == ',');
    return *c == '}' ? c + 1 : NULL;
}

static bool read_sample(struct reading *r, const char *line)
{
    size_t length = name_length(line, true);
    if (!r->typed || strncmp(line, r->family, length) != 0 || r->family[length])
        return mistaken(r, "a sample outside its family");
    const char *value = after_labels(line + length);
    if (!value || *value != ' ' || !strchr("-0123456789", value[1]))
        return mistaken(r, "a sample is NAME{LABELS} VALUE");
    char *end, *name = mem_string_sized(line, (size_t)(value - line));
    double number = strtod(value + 1, &end);
    bool same = r->before && strcmp(r->before, name) == 0;
    mem_free(r->before);
    r->before = name;
    r->empty = false;
    if (*end || end == value + 1)
        return mistaken(r, "the value is no number");
    if (same)
        return mistaken(r, "a sample comes twice");
    return !(r->counter && number < 0) || mistaken(r, "a counter below 0");
}

static bool read_line(struct reading *r, const char *line)
{
    if (strncmp(line, "# HELP ", 7) == 0)
        return read_help(r, line + 7);
    if (strncmp(line, "# TYPE ", 7) == 0)
        return read_type(r, line + 7);
    return *line ? read_sample(r, line) : mistaken(r, "an empty line");
}

// NULL, or the first mistake. `families`: how many there are.
static const char *read_metrics(const char *text, size_t *families)
{
    struct reading r = {0};
    bool good = true;
    while (good && *text) {
        size_t length = strcspn(text, "\n");
        char *line = mem_string_sized(text, length);
        good = text[length] ? read_line(&r, line) : mistaken(&r, "no line break at the end");
        mem_free(line);
        text += length + (text[length] != 0);
    }
    if (good)
        end_family(&r);
    *families = r.seen_count;
    while (r.seen_count)
        mem_free(r.seen[--r.seen_count]);
    mem_free(r.family);
    mem_free(r.before);
    return r.mistake;
}

TEST(metrics, parse_strictly)
{
    UNUSED_STATE;
    struct place p;
    size_t families;
    place_init(&p, (struct api_opts){.dev = true});
    struct answer_got got = get(&p, "/metrics");
    assert_status(&got, 200);
    assert_has(got.raw, "text/plain; version=0.0.4");
    const char *text = strstr(got.raw, "\r\n\r\n") + 4;
    const char *mistake = read_metrics(text, &families);
    if (mistake)
        fail_msg("%s in:\n%s", mistake, text);
    assert_true(families >= 40);
    assert_has(text, "# HELP dure_starts_total Instances started\n"
                     "# TYPE dure_starts_total counter\ndure_starts_total 0\n");
    got_done(&got);
    place_done(&p);
}

#define HEAD "# HELP a_total x\n# TYPE a_total counter\n"

TEST(metrics, the_parser_itself_is_strict)
{
    UNUSED_STATE;
    static const char *const bad[] = {
        "a_total 1\n",
        "# TYPE a_total counter\na_total 1\n",
        HEAD,
        HEAD "a_total 1",
        HEAD "a_total\n",
        HEAD "a_total one\n",
        HEAD "a_total 1 \n",
        HEAD "a_total{b=1} 1\n",
        HEAD "a_total -1\n",
        HEAD "a_total 1\na_total 1\n",
        HEAD "b_total 1\n",
        HEAD "a_total 1\n\n",
        HEAD "a_total{} 1\n",
        HEAD "a_total 1\n" HEAD "a_total 1\n",
        HEAD "a_total{b=\"\\x\"} 1\n",
        "# HELP a_total \n# TYPE a_total counter\na_total 1\n",
        "# HELP a_total x\na_total 1\n",
        "# HELP a x\n# TYPE a counter\na 1\n",
        "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n",
    };
    size_t families;
    assert_null(read_metrics(HEAD "a_total{b=\"1\",c=\"\\\\\"} 1\na_total 1.5e3\n", &families));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (!read_metrics(bad[i], &families))
            fail_msg("this was taken:\n%s", bad[i]);
}

RUN(CASE(metrics, parse_strictly), CASE(metrics, the_parser_itself_is_strict))
