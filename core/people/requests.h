// The keys under which requests were answered: each is good for as long as its item is open and the
// engine keeps what nobody needs any more (engine_kept_since_ms), and then goes. Loop thread only.
#pragma once

#include "people/people.h"

#define REQUEST_KEY_PREFIX "answer " // then the item's id, a space, and what the rest tells apart

// Called for each new key: now and then it looks at the next few old ones.
void requests_sweep(struct people *p);
