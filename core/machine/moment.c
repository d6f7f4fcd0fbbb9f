#include "machine/moment.h"

#include <math.h>

#include "base/limits.h"

#define DAY_MS INT64_C(86400000)

json moment_descriptor(int64_t ms)
{
    char text[INSTANT_TEXT_SIZE];
    instant_write_utc(ms, text);
    json epoch = json_object();
    int64_t seconds = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
    json_set_int(&epoch, "seconds", seconds);
    json_set_int(&epoch, "milliseconds", ms);
    json out = json_object();
    json_set_text(&out, "iso8601", text);
    json_set_take(&out, "epoch", epoch);
    return out;
}

static bool part(json object, const char *key, double *value, struct fail *why)
{
    json given = json_get(object, key);
    bool good = json_is_absent(given) || json_is_number(given);
    *value = json_is_number(given) ? json_double(given) : 0;
    json_free(given);
    if (!good)
        return fail(why, FAIL_INVALID, "'%s' of a duration must be a number", key);
    if (!(fabs(*value) < 1e15))
        return fail(why, FAIL_LIMIT, "'%s' of a duration is too large", key);
    return true;
}

static bool duration_from_object(json object, struct duration *out, struct fail *why)
{
    double days, hours, minutes, seconds, milliseconds;
    if (!part(object, "days", &days, why) || !part(object, "hours", &hours, why) ||
        !part(object, "minutes", &minutes, why) || !part(object, "seconds", &seconds, why) ||
        !part(object, "milliseconds", &milliseconds, why))
        return false;
    if (fabs(days) > LIMIT_WAIT_DAYS || days != floor(days))
        return fail(why, FAIL_LIMIT, "a wait has whole days, at most %d", LIMIT_WAIT_DAYS);
    double ms = hours * 3600000 + minutes * 60000 + seconds * 1000 + milliseconds;
    if (!(fabs(ms) <= (double)LIMIT_WAIT_DAYS * (double)DAY_MS))
        return fail(why, FAIL_LIMIT, "a wait may last %d days at most", LIMIT_WAIT_DAYS);
    *out = (struct duration){.days = (int32_t)days, .ms = llround(ms)};
    return true;
}

static bool duration_from_json(json value, struct duration *out, struct fail *why)
{
    if (json_is_string(value))
        return duration_parse(json_text(value), out, why);
    if (json_is_object(value))
        return duration_from_object(value, out, why);
    return fail(why, FAIL_INVALID, "a duration is ISO 8601 text or an object, not %s",
                json_kind_name(json_kind(value)));
}

static bool add(const struct run *r, const struct duration *d, int64_t from_ms, int64_t *due_ms,
                struct fail *why)
{
    if (!duration_add(from_ms, d, r->instance->definition->zone, due_ms, why))
        return false;
    if (*due_ms - from_ms > LIMIT_WAIT_DAYS * DAY_MS)
        return fail(why, FAIL_LIMIT, "a wait may last %d days at most", LIMIT_WAIT_DAYS);
    return true;
}

bool moment_after(const struct run *r, const struct frame *f, const struct duration_source *source,
                  int64_t from_ms, int64_t *due_ms, json *problem)
{
    struct duration duration = source->duration;
    struct fail why;
    bool good = true;
    if (!source->constant) {
        json value;
        if (!evaluate(&(struct evaluation){.run = r,
                                           .frame = f,
                                           .place = PLACE_TASK,
                                           .what = source->expression,
                                           .input = f->input},
                      &value, problem))
            return false;
        good = duration_from_json(value, &duration, &why);
        json_free(value);
    }
    if (good && add(r, &duration, from_ms, due_ms, &why))
        return true;
    *problem = problem_new("validation", 400, NULL, why.message, frame_path(f));
    return false;
}
