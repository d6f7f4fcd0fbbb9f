// An answer that somebody might give to a form: the first choice of each question, what must be
// there filled with the least that fits. For rehearsals. Loop thread only.
#pragma once

#include "json/json.h"

// A value for a JSON Schema as the forms of work items use it (types, enum, const, bounds, formats;
// of anyOf and oneOf the first). What a `pattern` wants is not guessed.
json sample_of(json schema);
