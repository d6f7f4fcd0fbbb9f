#include "people/mail_sample.h"

#define LINK_SHOWN "/w/…" // where the token would stand

static void set_from(json *values, const char *name, json person)
{
    json value = json_get(person, name);
    if (json_is_absent(value))
        json_free(value);
    else
        json_set_take(values, name, value);
}

json mail_sample_values(json person, const char *url, json more)
{
    static const char *const own[] = {"id", "name", "email"};
    json values = json_is_object(more) ? json_ref(more) : json_object();
    json attributes = json_get(person, "attributes");
    json his = json_is_object(attributes) ? json_ref(attributes) : json_object();
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        set_from(&values, own[i], person);
        set_from(&his, own[i], person);
    }
    set_from(&values, "unit", attributes);
    json_free(attributes);
    json_set_text(&values, "language", json_get_text(person, "language", "ko"));
    json_set_take(&values, "link", json_printf("%s" LINK_SHOWN, url));
    json_set_take(&values, "person", his);
    return values;
}
