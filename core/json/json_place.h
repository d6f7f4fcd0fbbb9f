// Reading one JSON value that stands somewhere in a text. Only the room's own files use it. Any
// thread.
#pragma once

#include "json/json.h"

// From *at on, which moves behind the value; the text must be valid UTF-8. As json_parse_stored.
CHECKED bool json_read_at(const char **at, const char *end, json *out, struct fail *why);
