#include "engine/start.h"

#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "engine/state.h"

static bool check_input(const struct definition *d, json input, struct fail *why)
{
    if (!json_depth_within(input, LIMIT_DOCUMENT_DEPTH))
        return fail(why, FAIL_LIMIT, "the input is nested deeper than %d", LIMIT_DOCUMENT_DEPTH);
    if (json_size_estimate(input) > LIMIT_PAYLOAD_BYTES)
        return fail(why, FAIL_LIMIT, "the input has more than %d bytes", LIMIT_PAYLOAD_BYTES);
    if (!d->data.input_schema || schema_require(d->data.input_schema, input, why))
        return true;
    return fail_within(why, "the input does not fit the workflow '%s'", d->name);
}

bool start_instance(struct engine *e, const struct start_opts *opts, struct id *id,
                    struct fail *why)
{
    struct catalogue_entry *entry = catalogue_find(e, &opts->definition, why);
    struct definition *d = entry ? catalogue_compiled(e, entry, why) : NULL;
    if (!d)
        return false;
    json input = json_is_absent(opts->input) ? json_object() : json_ref(opts->input);
    if (!check_input(d, input, why)) {
        json_free(input);
        return false;
    }
    struct live *l = live_new(e, entry, d);
    l->title = mem_string(opts->title ? opts->title : entry->title);
    l->parent = mem_string(opts->parent);
    l->parent_wait = mem_string(opts->parent_wait);
    live_put(e, l, inbox_entry_new(INBOX_MACHINE, INPUT_START, (struct wait_address){0}, input));
    memcpy(id->text, l->id, sizeof(id->text));
    e->figures.starts++;
    return true;
}

bool engine_start(struct engine *e, const struct start_opts *opts, struct id *id, struct fail *why)
{
    return engine_may_begin(e, why) && start_instance(e, opts, id, why);
}
