// Every text that calendar reads. The first byte picks the reader; what it accepts must survive the
// way through its own writer, come after what it came from, and keep its order.
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "calendar/cron.h"
#include "calendar/duration.h"
#include "calendar/instant.h"
#include "calendar/recurrence.h"

#define TEXT_MAX 600

// The morning of 2013-03-31, when clocks in Berlin skip an hour.
#define GAP_MS INT64_C(1364688000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_cron(const char *text, const struct zone *z)
{
    struct cron c;
    struct fail why;
    int64_t ms = GAP_MS, next;
    if (!cron_parse(text, &c, &why))
        return;
    for (int i = 0; i < 3 && cron_next(&c, z, ms, &next); i++) {
        must(next > ms);
        ms = next;
    }
}

static void try_duration(const char *text, const struct zone *z)
{
    struct duration d, again;
    struct fail why;
    char written[DURATION_TEXT_SIZE], moment[INSTANT_TEXT_SIZE];
    int64_t ms;
    if (!duration_parse(text, &d, &why))
        return;
    duration_write(&d, written);
    if (duration_parse(written, &again, &why)) // hours above nine digits cannot be read again
        must(again.ms == d.ms && again.days == d.days && again.months == d.months);
    if (duration_add(GAP_MS, &d, z, &ms, &why))
        instant_write_utc(ms, moment);
}

static void try_moment(const char *text, const struct zone *z)
{
    struct fail why;
    char written[INSTANT_TEXT_SIZE];
    int64_t ms, again;
    if (!zone_parse(z, text, &ms, &why))
        return;
    zone_write(z, ms, written, sizeof(written));
    // In the last hours of 9999 the local date lies in a year that cannot be written.
    if (ms > INSTANT_MAX - DAY_MS || ms < INSTANT_MIN + DAY_MS)
        return;
    must(instant_parse(written, &again, &why));
    must(again == ms);
}

static void try_rule(const char *text, const struct zone *z, unsigned choice)
{
    struct recurrence_opts opts = {.rrule = text,
                                   .zone = z,
                                   .from_ms = GAP_MS,
                                   .to_ms = GAP_MS + 40 * DAY_MS,
                                   .policy = (enum holiday_policy)(choice % 4),
                                   .month_end = (enum month_end_policy)(choice / 4 % 2),
                                   .count_max = 1000};
    struct fail why;
    int64_t *moments;
    size_t count;
    if (!recurrence_list(&opts, &moments, &count, &why))
        return;
    for (size_t i = 0; i < count; i++) {
        must(moments[i] >= opts.from_ms && moments[i] < opts.to_ms);
        must(i == 0 || moments[i] > moments[i - 1]);
    }
    mem_free(moments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];
    struct fail why;
    if (size == 0 || size > TEXT_MAX)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    const struct zone *z = zone_find("Europe/Berlin", &why);
    must(z);
    switch (data[0] % 4) {
    case 0:
        try_cron(text, z);
        break;
    case 1:
        try_duration(text, z);
        break;
    case 2:
        try_moment(text, z);
        break;
    case 3:
        try_rule(text, z, data[0] / 4);
        break;
    }
    return 0;
}
