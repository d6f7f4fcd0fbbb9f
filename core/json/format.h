// The formats of JSON Schema that are checked, not only noted. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Null for a format that is not known (it then says nothing), else what a person calls it:
// "a date (2013-05-24)".
const char *format_name(const char *format);
bool format_fits(const char *format, const char *text, size_t bytes); // true if it is not known
// What a text that does not fit may have meant, or NULL.
const char *format_near(const char *format, const char *text);
