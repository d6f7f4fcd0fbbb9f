// Templates of mails: texts that a workflow keeps under names, in each language, beside the tasks
// that send them, so that they change with its version and no other:
//
//     document:
//       metadata:
//         dure:
//           templates:
//             resolution:
//               ko: { subject: "의결: {{motion}}", text: "{{name}} 님…", html: "<p>…</p>" }
//               en: { subject: "Resolved: {{motion}}", text: "…" }
//
// A few templates come with the house and are found where the workflow has none of that name.
// Pure; any thread that owns the JSON.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "json/json.h"
#include "json/placeholder.h"

#define MAIL_TEMPLATE_BYTES_MAX (256 * 1024) // of a part that is filled in

// {ko: {subject?, text, html?}, en?: …}; absent if there is none. `metadata` is a definition's.
json mail_template_find(json metadata, const char *name);
// ["resolution", …]: the workflow's own in their order, then the house's.
json mail_template_names(json metadata);
// The name nearest to one that there is none of, to be freed with mem_free; NULL if none is near.
char *mail_template_nearest(json metadata, const char *name);
// "ko" or "en": the language itself where the template has it, else one that it has.
const char *mail_template_language(json template, const char *language);

struct mail_template_use {
    const char *language;
    json values;
    const char *subject; // instead of the template's, filled in already; NULL: the template's
    enum placeholder_missing missing;
};
// {subject, text, html?, language}. The subject is one line; {{subject}} in the text is that line.
CHECKED bool mail_template_fill(json template, const struct mail_template_use *use, json *out,
                                struct fail *why);
