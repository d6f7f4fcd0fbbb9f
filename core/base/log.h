// Structured log: one line a record on stderr, logfmt on a terminal and JSON elsewhere. Secrets and
// personal data never go in. Any thread.
#pragma once

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_configure(enum log_level least, bool as_json);

// log_info("engine", "recovered", "instances=%zu timers=%zu", n, m): room, event, then fields as
// key=value separated by spaces; a value with spaces is put in double quotes by the caller.
void log_write(enum log_level level, const char *room, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define log_debug(room, event, ...) log_write(LOG_DEBUG, room, event, __VA_ARGS__)
#define log_info(room, event, ...)  log_write(LOG_INFO, room, event, __VA_ARGS__)
#define log_warn(room, event, ...)  log_write(LOG_WARN, room, event, __VA_ARGS__)
#define log_error(room, event, ...) log_write(LOG_ERROR, room, event, __VA_ARGS__)
