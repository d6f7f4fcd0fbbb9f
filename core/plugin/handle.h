// The four functions behind `struct function_host`. Loop thread only.
#pragma once

#include "engine/function_host.h"

void plugins_handle(struct function_host *host, struct engine *e, const struct step_call *call,
                    struct step_outcome *out);
void plugins_ended(struct function_host *host, struct engine *e, const struct step_address *address,
                   const char *reason);
bool plugins_forget(struct function_host *host, struct engine *e, const char *instance);
size_t plugins_wake_sources(struct function_host *host, struct engine *e,
                            const struct step_address *address);
void plugins_waits_for(struct function_host *host, struct engine *e,
                       const struct step_address *address, struct bytes *out);
