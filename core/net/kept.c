#include "net/kept.h"

#include "base/mem.h"

static void on_gone(void *context, struct request *r)
{
    struct kept *kept = context;
    (void)r;
    kept->request = NULL;
}

struct kept *kept_new(struct request *r, void *context, bool is_new)
{
    struct kept *kept = mem_new(struct kept);
    *kept = (struct kept){r, context, is_new};
    request_on_abort(r, on_gone, kept);
    return kept;
}

struct kept kept_end(struct kept *kept)
{
    struct kept was = *kept;
    if (was.request)
        request_on_abort(was.request, NULL, NULL);
    mem_free(kept);
    return was;
}
