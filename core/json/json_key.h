// The keys of objects, shared: the same few hundred names ("type", "source", "at") stand in every
// value, and to libjq each use of one is an allocation, a check of its UTF-8 and a hash. Those of a
// thread that were used last are kept as values, with their hashes. Only the room's own files use
// it. Any thread: each has keys of its own, freed when it ends.
#pragma once

#include "json/json.h"

json json_key(const char *text);
json json_key_sized(const char *text, size_t bytes); // valid UTF-8
