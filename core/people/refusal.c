#include "people/refusal.h"

#include <stdint.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "people/directory.h"
#include "store/audit.h"

#define KEPT_MAX 10000 // counts in memory; more begin anew
#define EACH_OF  3     // noted one by one

static uintptr_t count(struct people *p, const struct refusal *r)
{
    char *key = mem_printf("%s %s %s %s %s", r->code, r->item ? r->item : r->task,
                           r->item ? "" : r->step.instance, r->item ? "" : r->step.path,
                           r->person ? r->person : "");
    if (p->refusals.count >= KEPT_MAX)
        map_clear(&p->refusals);
    uintptr_t n = (uintptr_t)map_get(&p->refusals, key) + 1;
    map_put(&p->refusals, key, (void *)n);
    mem_free(key);
    return n;
}

// What somebody calls himself is kept only where it can be an id: a number that is kept nowhere
// must not come in by this door.
static bool may_be_named(const char *person)
{
    struct fail why;
    return person != NULL && id_text_check("the person", person, PERSON_ID_BYTES, &why) &&
           !text_has_resident_number(person, strlen(person));
}

void refusal_note(struct people *p, const struct refusal *r)
{
    uintptr_t n = count(p, r);
    if (n > EACH_OF && (n & (n - 1)) != 0)
        return;
    json entry = json_object(), who = json_object();
    json_set_text(&entry, "type", "refused");
    json_set_text(&entry, "task", r->task);
    json_set_text(&entry, "path", r->step.path);
    json_set_text(&entry, "code", r->code);
    json_set_int(&entry, "count", (int64_t)n);
    if (may_be_named(r->person)) {
        json_set_text(&who, "person", r->person);
        json_set_take(&entry, "personal",
                      audit_personal(p->store, r->step.instance, r->person, who));
    }
    engine_step_note(p->engine, &r->step, entry);
    json_free(who);
    json_free(entry);
}

void refusals_forget(struct people *p)
{
    map_done(&p->refusals);
}
