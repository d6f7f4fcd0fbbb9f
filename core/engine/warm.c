#include "engine/warm.h"

#include <string.h>

#include "engine/rows.h"
#include "engine/state.h"

void warm_done(struct warm *warm)
{
    row_done(&warm->last);
    warm->unfinished = false;
    warm->kept = 0;
}

size_t warm_clean_max(const struct engine *e)
{
    return LIVE_CLEAN_MAX + e->warm.kept;
}

static bool wakes_an_instance(const struct row *timer)
{
    const char *owner = row_text(timer, TIMER_OWNER);
    return strcmp(owner, "machine") == 0 || strcmp(owner, "step") == 0;
}

static void warm_one(struct engine *e, const struct row *timer)
{
    const char *id = row_text(timer, TIMER_INSTANCE);
    if (!wakes_an_instance(timer) || live_in_memory(e, id))
        return;
    if (live_find(e, id))
        e->warm.kept++;
}

static void warm_few(struct engine *e, int64_t now_ms)
{
    struct warm *warm = &e->warm;
    struct value from = value_integer(now_ms), to = value_integer(warm->to_ms);
    struct scan_opts opts = {.table = TABLE_TIMER, .index = TIMER_BY_DUE, .from = &from, .to = &to};
    if (row_is_there(&warm->last))
        opts.after = &warm->last;
    struct scan *scan = rows_scan(e->store, &opts);
    struct row row = {0};
    warm->unfinished = false;
    for (size_t seen = 0; rows_next(scan, &row);) {
        warm_one(e, &row);
        row_done(&warm->last);
        warm->last = row;
        if (++seen == WARM_FEW) {
            scan_done(scan);
            warm->unfinished = true;
            return;
        }
    }
}

bool engine_warm(struct engine *e)
{
    struct warm *warm = &e->warm;
    int64_t now_ms = engine_now_ms(e);
    if (row_is_there(&warm->last) && row_integer(&warm->last, TIMER_DUE_MS) < e->next_due_ms)
        warm_done(warm); // all that it came to has fired
    if (e->next_due_ms <= now_ms || e->next_due_ms >= now_ms + WARM_FAR_MS ||
        warm->kept >= WARM_MAX)
        return false;
    if (!warm->unfinished && now_ms + WARM_FAR_MS < warm->to_ms + WARM_STEP_MS)
        return false;
    if (!warm->unfinished)
        warm->to_ms = now_ms + WARM_FAR_MS;
    warm_few(e, now_ms);
    return warm->unfinished;
}
