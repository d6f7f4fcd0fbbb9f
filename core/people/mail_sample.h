// A mail as a certain person would get it, before there is one: what stands in its places. The link
// is one that leads nowhere, since a real one would open what is the person's alone.
// Pure; any thread that owns the JSON.
#pragma once

#include "json/json.h"

// The values of a template (definition/mail_template.h) for a person of the directory: his own, his
// attributes under `person`, and `link`, below `url` ("": a path); the rest of `more` (an object,
// or absent).
json mail_sample_values(json person, const char *url, json more);
