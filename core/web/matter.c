// What a page says before it asks: all that is needed to decide, from the item's `detail`.
#include <string.h>

#include "base/mem.h"
#include "web/html.h"
#include "web/state.h"

void web_write_value(struct web *w, struct page *p, const char *instance, json value)
{
    const char *at = json_get_text(value, "at", NULL);
    if (at) {
        web_write_moment(w, p, instance, at, &p->out);
    } else if (json_is_number(value)) {
        char *text = json_dump(value);
        html(&p->out, "%s", text);
        mem_free(text);
    } else if (json_is_null(value)) {
        html(&p->out, "–");
    } else {
        html(&p->out, "%s", text_in(p->language, value));
    }
}

static void write_fact(struct web *w, struct page *p, const char *instance, json fact)
{
    json label = json_get(fact, "label"), value = json_get(fact, "value");
    html(&p->out, "<dt>%s<dd>", text_in(p->language, label));
    web_write_value(w, p, instance, value);
    json_free(label);
    json_free(value);
}

static void write_moment_fact(struct web *w, struct page *p, json item, const char *member,
                              enum word label)
{
    const char *at = json_get_text(item, member, NULL);
    if (!at)
        return;
    html(&p->out, "<dt>%s<dd>", word(p->language, label));
    web_write_moment(w, p, json_get_text(item, "instance", ""), at, &p->out);
}

static void write_facts(struct web *w, struct page *p, json item, json facts)
{
    const char *closes = json_get_text(item, "closesAt", NULL);
    if (!closes && json_length(facts) == 0)
        return;
    html(&p->out, "<dl class=facts>");
    write_moment_fact(w, p, item, "closesAt", WORD_CLOSES_AT);
    for (size_t i = 0; i < json_length(facts); i++) {
        json fact = json_at(facts, i);
        write_fact(w, p, json_get_text(item, "instance", ""), fact);
        json_free(fact);
    }
    html(&p->out, "</dl>\n");
}

// Only addresses of the web become links; anything else is text.
static void write_material(struct page *p, json material)
{
    if (json_length(material) == 0)
        return;
    html(&p->out, "<h2>%s</h2><ul>", word(p->language, WORD_MATERIAL));
    for (size_t i = 0; i < json_length(material); i++) {
        json one = json_at(material, i), title = json_get(one, "title"),
             text = json_get(one, "text");
        const char *url = json_get_text(one, "url", NULL), *named = text_in(p->language, title);
        bool web = url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0);
        if (web)
            html(&p->out, "<li><a href=\"%s\" rel=noreferrer>%s</a>", url, *named ? named : url);
        else
            html(&p->out, "<li>%s%r%s", named, *named && !json_is_absent(text) ? ": " : "",
                 url ? url : text_in(p->language, text));
        json_free(text);
        json_free(title);
        json_free(one);
    }
    html(&p->out, "</ul>\n");
}

static void write_before(struct web *w, struct page *p, const char *instance, json before)
{
    if (json_length(before) == 0)
        return;
    html(&p->out, "<h2>%s</h2><ol>", word(p->language, WORD_BEFORE));
    for (size_t i = 0; i < json_length(before); i++) {
        json one = json_at(before, i), what = json_get(one, "what");
        const char *at = json_get_text(one, "at", NULL), *note = json_get_text(one, "note", NULL);
        html(&p->out, "<li><strong>%s</strong> %s", json_get_text(one, "who", ""),
             text_in(p->language, what));
        if (at) {
            html(&p->out, " <span class=quiet-text>");
            web_write_moment(w, p, instance, at, &p->out);
            html(&p->out, "</span>");
        }
        if (note)
            html(&p->out, "<br>%s", note);
        json_free(what);
        json_free(one);
    }
    html(&p->out, "</ol>\n");
}

void web_write_matter(struct web *w, struct page *p, json item)
{
    json detail = json_get(item, "detail"), intro = json_get(detail, "intro"),
         facts = json_get(detail, "facts"), material = json_get(detail, "material"),
         before = json_get(detail, "before");
    const char *text = text_in(p->language, intro);
    if (*text)
        html(&p->out, "<p class=intro>%s</p>\n", text);
    write_facts(w, p, item, facts);
    write_material(p, material);
    write_before(w, p, json_get_text(item, "instance", ""), before);
    json_free(before);
    json_free(material);
    json_free(facts);
    json_free(intro);
    json_free(detail);
}

// ---- totals

struct total {
    double sum, weights;
    int filled, parts;
};

static struct total total_of(json parts, json values)
{
    struct total t = {.parts = (int)json_length(parts)};
    for (size_t i = 0; i < json_length(parts); i++) {
        json part = json_at(parts, i), value = json_get(values, json_get_text(part, "name", ""));
        double weight = (double)json_get_int(part, "weight", 0),
               max = (double)json_get_int(part, "max", 1);
        t.weights += weight;
        if (json_is_number(value) && max > 0) {
            t.filled++;
            t.sum += json_double(value) * weight / max;
        }
        json_free(value);
        json_free(part);
    }
    return t;
}

bool web_write_total(struct page *p, json schema, json values)
{
    json parts = json_get(schema, "x-total");
    bool is = json_length(parts) > 0;
    struct total t = total_of(parts, values);
    if (is && t.filled > 0 && t.weights > 0) {
        int64_t tenths = (int64_t)(t.sum * 1000 / t.weights + 0.5);
        html(&p->out, "<p class=total role=status><strong>%s %d.%d</strong> / 100",
             word(p->language, WORD_SUM), tenths / 10, tenths % 10);
        if (t.filled < t.parts)
            html(&p->out, " (%d/%d)", (int64_t)t.filled, (int64_t)t.parts);
        html(&p->out, "</p>\n");
    }
    json_free(parts);
    return is;
}
