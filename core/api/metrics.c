// GET /metrics: the figures of the engine, the server and the process as Prometheus text (format
// 0.0.4). Each metric has one HELP and one TYPE line before its samples.
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "api/resource.h"
#include "base/must.h"

#define METRICS_BYTES_MAX (256 * 1024)

enum metric_kind { COUNTER, GAUGE };

static void write_head(struct bytes *out, const char *name, enum metric_kind kind, const char *help)
{
    bytes_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                 kind == GAUGE ? "gauge" : "counter");
}

static void write_metric(struct bytes *out, const char *name, enum metric_kind kind,
                         const char *help, double value)
{
    write_head(out, name, kind, help);
    bytes_printf(out, "%s ", name);
    json_write_number(value, out);
    bytes_add_char(out, '\n');
}

// ---- the engine's figures: all that it tells are here

static const struct figure {
    const char *name;
    enum metric_kind kind;
    const char *help;
} figures[] = {
    {"starts", COUNTER, "Instances started"},
    {"completed", COUNTER, "Instances that completed"},
    {"faulted", COUNTER, "Instances that faulted"},
    {"cancelled", COUNTER, "Instances that were cancelled"},
    {"incidents", COUNTER, "Incidents: instances that came to need a person"},
    {"scheduledStartsRefused", COUNTER, "Starts by schedule that were refused"},
    {"steps", COUNTER, "Steps of instances"},
    {"inputs", COUNTER, "Inputs taken from the inbox"},
    {"inputsDropped", COUNTER, "Inputs dropped: what they were for was over or is unknown"},
    {"overloads", COUNTER, "Times that new work was turned away as too much"},
    {"turns", COUNTER, "Turns of the loop"},
    {"events", COUNTER, "Events accepted"},
    {"eventsDuplicate", COUNTER, "Events known already by source and id"},
    {"eventMatches", COUNTER, "Events matched with a listening task"},
    {"eventStarts", COUNTER, "Instances started by an event"},
    {"eventsPurged", COUNTER, "Events deleted after their retention"},
    {"casesEmptied", COUNTER, "Cases emptied of personal data after their retention"},
    {"timersFired", COUNTER, "Timers that fired"},
    {"handlers", COUNTER, "Calls of plugins' handlers"},
    {"handlersUndone", COUNTER, "Calls of plugins' handlers whose writes were undone"},
    {"effectsReleased", COUNTER, "Effects released after their commit"},
    {"effectsDone", COUNTER, "Effects that succeeded"},
    {"effectsFailed", COUNTER, "Effects that failed for good"},
    {"effectsRetried", COUNTER, "Tries of effects after the first"},
    {"effectsUnknown", COUNTER, "Effects whose outcome nobody knows"},
    {"commits", COUNTER, "Commits of the store"},
    {"rowsWritten", COUNTER, "Rows written by commits"},
    {"bytesWritten", COUNTER, "Bytes of rows written by commits"},
    {"commitMicrosSum", COUNTER, "Time spent in commits, in microseconds"},
    {"commitMicrosMax", GAUGE, "The longest commit, in microseconds"},
    {"commitsInFlight", GAUGE, "Commits not yet durable"},
    {"overlayRows", GAUGE, "Rows held in memory until their commit is durable"},
    {"trouble", GAUGE, "1 while the store cannot commit"},
    {"definitions", GAUGE, "Definitions deployed, all versions"},
    {"definitionsCompiled", GAUGE, "Definitions held compiled"},
    {"instancesInMemory", GAUGE, "Instances held in memory"},
    {"effectsRunning", GAUGE, "Effects in flight"},
    {"nextDueMs", GAUGE, "When the next timer is due, in milliseconds of Unix time"},
};

static const struct figure *find_figure(const char *name)
{
    for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
        if (strcmp(figures[i].name, name) == 0)
            return &figures[i];
    return NULL;
}

// "effectsDone" -> "dure_effects_done_total"
static void metric_name(const struct figure *figure, char *out, size_t size)
{
    size_t length = (size_t)snprintf(out, size, "dure_");
    for (const char *c = figure->name; *c; c++) {
        must(length + sizeof("__total") < size);
        if (isupper((unsigned char)*c))
            out[length++] = '_';
        out[length++] = (char)tolower((unsigned char)*c);
    }
    snprintf(out + length, size - length, "%s", figure->kind == COUNTER ? "_total" : "");
}

static void write_engine(struct api *a, struct bytes *out)
{
    json told = engine_figures(a->engine);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json value;
    while (json_next(told, &cursor, &key, &value)) {
        const struct figure *figure = find_figure(key);
        must(figure != NULL); // a new figure has to be explained above
        char name[96];
        metric_name(figure, name, sizeof(name));
        write_metric(out, name, figure->kind, figure->help,
                     json_is_number(value) ? json_double(value) : json_is_true(value));
    }
    json_free(told);
}

// ---- the server and the process

static void write_server(struct api *a, struct bytes *out)
{
    struct server_figures f = server_figures(a->opts.server);
    const struct {
        const char *name;
        enum metric_kind kind;
        const char *help;
        double value;
    } all[] = {
        {"dure_http_requests_total", COUNTER, "Requests taken", (double)f.requests},
        {"dure_http_refused_total", COUNTER, "Requests refused at the door", (double)f.refused},
        {"dure_http_evicted_total", COUNTER, "Connections closed as too slow", (double)f.evicted},
        {"dure_http_connections_total", COUNTER, "Connections accepted", (double)f.connections},
        {"dure_http_connections", GAUGE, "Connections that are open",
         (double)server_connections(a->opts.server)},
        {"dure_http_received_bytes_total", COUNTER, "Bytes of bodies received", (double)f.bytes_in},
        {"dure_http_sent_bytes_total", COUNTER, "Bytes of bodies sent", (double)f.bytes_out},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        write_metric(out, all[i].name, all[i].kind, all[i].help, all[i].value);
    write_head(out, "dure_http_answers_total", COUNTER, "Answers, by the class of their status");
    for (int i = 2; i <= 5; i++)
        bytes_printf(out, "dure_http_answers_total{class=\"%dxx\"} %llu\n", i,
                     (unsigned long long)f.by_class[i]);
}

static void write_process(struct bytes *out)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    write_metric(out, "process_cpu_seconds_total", COUNTER, "CPU time, user and system", cpu_s);
    write_metric(out, "process_max_resident_memory_bytes", GAUGE, "The most memory it has held",
                 (double)usage.ru_maxrss * 1024);
}

void health_metrics(struct api *a, struct request *r)
{
    struct bytes out;
    bytes_init(&out, METRICS_BYTES_MAX);
    write_head(&out, "dure_build_info", GAUGE, "1, with the version of this program");
    bytes_add(&out, "dure_build_info{version=\"" DURE_VERSION "\"} 1\n");
    write_engine(a, &out);
    write_server(a, &out);
    write_process(&out);
    request_reply_take(r, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
}
