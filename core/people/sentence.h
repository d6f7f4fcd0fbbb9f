// What this room and the engine refuse, in the languages that people read. A function of a plugin
// says its own sentence; this one stands where nobody has. Any thread.
#pragma once

#include "base/fail.h"
#include "json/json.h"

// Adds {code, message: {ko, en}} to what is told of a refusal, unless it has a message or names
// places of the form.
void sentence_add(const struct fail *why, json *reply);
