
#include "engine/engine.h"
#include "engine/state.h"

static void note(struct engine *e, struct live *l, const char *from, const char *to)
{
    json entry = json_object();
    json_set_text(&entry, "type", "migrated");
    json_set_text(&entry, "from", from);
    json_set_text(&entry, "to", to);
    live_note(e, l, entry);
}

static bool is_allowed(const struct live *l, const char *id, struct fail *why)
{
    if (!l)
        return fail(why, FAIL_NOT_FOUND, "there is no instance '%s'", id);
    if (!l->instance)
        return fail(why, FAIL_CONFLICT, "the instance '%s' cannot be read: %s", id,
                    l->incident ? l->incident : "see the log");
    if (l->removed_ms != EXPIRY_NONE)
        return fail_code(why, FAIL_CONFLICT, "data_removed", EXPIRY_SENTENCE);
    return live_is_open(l) || live_status(l) == STATUS_FAULTED ||
           fail(why, FAIL_CONFLICT, "the instance has ended already (%s)",
                instance_status_name(live_status(l)));
}

bool engine_migrate(struct engine *e, const char *id, const char *version, struct fail *why)
{
    if (!engine_may_change(e, why))
        return false;
    struct live *l = live_find(e, id);
    if (!is_allowed(l, id, why))
        return false;
    struct definition_ref ref = {l->entry->namespace, l->entry->name, version};
    struct catalogue_entry *to = catalogue_find(e, &ref, why);
    if (!to || to == l->entry)
        return to != NULL;
    struct definition *d = catalogue_compiled(e, to, why);
    struct instance *next = d ? instance_migrate(l->instance, d, why) : NULL;
    if (!next)
        return false;
    live_touch(e, l);
    note(e, l, l->entry->version, to->version);
    instance_free(l->instance);
    l->instance = next;
    l->entry = to;
    l->hides_known = false;
    l->has_steps |= to->has_steps;
    l->has_children |= to->has_children;
    catalogue_move_subscriptions(e, l->id, to);
    return true;
}
