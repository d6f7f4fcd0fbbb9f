// Text as it may stand in HTML, between tags and in quoted attributes. Any thread.
#pragma once

#include <stddef.h>

#include "base/bytes.h"

void markup_escape(const char *text, size_t length, struct bytes *out);
