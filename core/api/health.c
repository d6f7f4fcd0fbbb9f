#include "api/resource.h"
#include "store/store.h"

void health_live(struct api *a, struct request *r)
{
    (void)a;
    request_reply_text(r, 200, TYPE_JSON, "{\"status\":\"live\"}\n");
}

void health_ready(struct api *a, struct request *r)
{
    struct fail why;
    if (store_trouble(engine_store(a->engine), &why))
        request_problem(r, 503, "not_ready", "the store cannot commit: %s", why.message);
    else
        request_reply_text(r, 200, TYPE_JSON, "{\"status\":\"ready\"}\n");
}
