#include "web/elsewhere.h"

bool elsewhere_is_there(const struct web *w)
{
    (void)w;
    return false;
}

void elsewhere_routes(struct web *w)
{
    (void)w;
}
