#include "definition/mail_template.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "definition/shape.h"

#define NAMES_MAX          64
#define SUBJECT_CHARACTERS 150
#define SUBJECT_BYTES      480

// ---- the house's own

static const struct house_template {
    const char *name, *json;
} house_templates[] = {
    {"resolution",
     "{\"ko\":{\"subject\":\"의결 결과를 알려 드립니다\",\"text\":\"{{name}} 님께\\n\\n다음과 같이 "
     "의결하였음을 알려 드립니다.\\n\\n  {{subject}}\\n\\n궁금한 점은 이 메일에 답장해 "
     "주십시오.\\n\"},"
     "\"en\":{\"subject\":\"What was resolved\",\"text\":\"Dear {{name}},\\n\\nthis is to tell you "
     "what was resolved:\\n\\n  {{subject}}\\n\\nIf you have a question, answer this mail.\\n\"}}"},
    {"notice",
     "{\"ko\":{\"subject\":\"알려 드립니다\",\"text\":\"{{name}} 님께\\n\\n{{subject}}\\n\"},"
     "\"en\":{\"subject\":\"A notice\",\"text\":\"Dear {{name}},\\n\\n{{subject}}\\n\"}}"},
};
#define HOUSE_COUNT (sizeof house_templates / sizeof *house_templates)

static json house_find(const char *name)
{
    struct fail why;
    json out = json_absent();
    for (size_t i = 0; i < HOUSE_COUNT; i++)
        if (strcmp(house_templates[i].name, name) == 0)
            must(json_parse(house_templates[i].json, strlen(house_templates[i].json), &out, &why));
    return out;
}

json mail_template_find(json metadata, const char *name)
{
    json own = json_get(metadata, "templates"), found = json_get(own, name);
    json_free(own);
    if (json_is_object(found))
        return found;
    json_free(found);
    return house_find(name);
}

static bool has(json list, const char *text)
{
    for (size_t i = 0; i < json_length(list); i++) {
        json item = json_at(list, i);
        bool same = strcmp(json_text(item), text) == 0;
        json_free(item);
        if (same)
            return true;
    }
    return false;
}

json mail_template_names(json metadata)
{
    json own = json_get(metadata, "templates"), names = json_array(), value;
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    while (json_is_object(own) && json_next(own, &cursor, &name, &value))
        json_append_take(&names, json_string(name));
    json_free(own);
    for (size_t i = 0; i < HOUSE_COUNT; i++)
        if (!has(names, house_templates[i].name))
            json_append_take(&names, json_string(house_templates[i].name));
    return names;
}

char *mail_template_nearest(json metadata, const char *name)
{
    json names = mail_template_names(metadata), held[NAMES_MAX];
    const char *texts[NAMES_MAX];
    size_t count = 0;
    for (; count < json_length(names) && count < NAMES_MAX; count++) {
        held[count] = json_at(names, count);
        texts[count] = json_text(held[count]);
    }
    char *nearest = mem_string(shape_nearest(name, texts, count));
    for (size_t i = 0; i < count; i++)
        json_free(held[i]);
    json_free(names);
    return nearest;
}

const char *mail_template_language(json template, const char *language)
{
    bool english = language && strcmp(language, "en") == 0;
    const char *wanted = english ? "en" : "ko", *other = english ? "ko" : "en";
    return json_has(template, wanted) || !json_has(template, other) ? wanted : other;
}

// ---- filling in

static json fill(json part, const char *name, bool html, const struct mail_template_use *use,
                 json values, struct fail *why)
{
    struct placeholder_opts opts = {.html = html, .missing = use->missing};
    const char *text = json_get_text(part, name, NULL);
    struct bytes out;
    json filled = json_absent();
    if (!text)
        return json_null();
    bytes_init(&out, MAIL_TEMPLATE_BYTES_MAX);
    if (placeholder_fill(text, values, &opts, &out, why))
        filled = json_string_sized(out.data, out.length);
    bytes_done(&out);
    return filled;
}

// What would break a header becomes one blank.
static char *one_line(const char *text)
{
    struct bytes out;
    size_t characters = 0;
    bytes_init(&out, MAIL_TEMPLATE_BYTES_MAX);
    for (const char *c = text; *c; c++) {
        bool blank = (unsigned char)*c <= ' ' || *c == 0x7F;
        bool begins = ((unsigned char)*c & 0xC0) != 0x80;
        if (begins && (++characters > SUBJECT_CHARACTERS || out.length + 4 > SUBJECT_BYTES))
            break;
        if (!blank)
            bytes_add_char(&out, *c);
        else if (out.length > 0 && out.data[out.length - 1] != ' ')
            bytes_add_char(&out, ' ');
    }
    while (out.length > 0 && out.data[out.length - 1] == ' ')
        out.data[--out.length] = 0;
    char *line = mem_string(out.data);
    bytes_done(&out);
    return line;
}

static bool fill_subject(json part, const struct mail_template_use *use, json *values, json *out,
                         struct fail *why)
{
    json own =
        use->subject ? json_string(use->subject) : fill(part, "subject", false, use, *values, why);
    if (json_is_absent(own))
        return false;
    char *line = one_line(json_is_string(own) ? json_text(own) : "");
    json_free(own);
    bool good = *line || fail(why, FAIL_INVALID,
                              "the mail has no subject: give the template one, "
                              "or the task");
    json_set_text(out, "subject", line);
    json_set_text(values, "subject", line);
    mem_free(line);
    return good;
}

static bool fill_parts(json part, const struct mail_template_use *use, json *out, struct fail *why)
{
    json values = json_is_object(use->values) ? json_ref(use->values) : json_object();
    bool good = fill_subject(part, use, &values, out, why);
    json text = good ? fill(part, "text", false, use, values, why) : json_absent();
    json html = json_is_absent(text) ? json_absent() : fill(part, "html", true, use, values, why);
    good = good && !json_is_absent(html);
    if (json_is_string(text))
        json_set(out, "text", text);
    if (json_is_string(html))
        json_set(out, "html", html);
    json_free(html);
    json_free(text);
    json_free(values);
    return good;
}

bool mail_template_fill(json template, const struct mail_template_use *use, json *out,
                        struct fail *why)
{
    const char *language = mail_template_language(template, use->language);
    json part = json_get(template, language);
    *out = json_object();
    json_set_text(out, "language", language);
    bool good = fill_parts(part, use, out, why);
    json_free(part);
    return good;
}
