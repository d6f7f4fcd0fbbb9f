#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "api/resource.h"
#include "store/store.h"

#define METRICS_BYTES_MAX (256 * 1024)

void health_live(struct api *a, struct request *r)
{
    (void)a;
    request_reply_text(r, 200, TYPE_JSON, "{\"status\":\"live\"}\n");
}

void health_ready(struct api *a, struct request *r)
{
    struct fail why;
    if (store_trouble(engine_store(a->engine), &why))
        request_problem(r, 503, "not_ready", "the store cannot commit: %s", why.message);
    else
        request_reply_text(r, 200, TYPE_JSON, "{\"status\":\"ready\"}\n");
}

// ---- metrics (Prometheus text format 0.0.4)

static void write_metric(struct bytes *out, const char *name, const char *type, double value)
{
    bytes_printf(out, "# TYPE %s %s\n%s ", name, type, name);
    json_write_number(value, out);
    bytes_add_char(out, '\n');
}

// "effectsDone" -> "dure_effects_done"
static void metric_name(const char *figure, char *out, size_t size)
{
    size_t length = (size_t)snprintf(out, size, "dure_");
    for (const char *c = figure; *c && length + 2 < size; c++) {
        if (isupper((unsigned char)*c))
            out[length++] = '_';
        out[length++] = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_';
    }
    out[length] = 0;
}

// The engine's figures that rise and fall; all others only grow.
static bool is_gauge(const char *figure)
{
    static const char *const gauges[] = {
        "commitsInFlight",     "overlayRows",       "trouble",        "definitions",    "nextDueMs",
        "definitionsCompiled", "instancesInMemory", "effectsRunning", "commitMicrosMax"};
    for (size_t i = 0; i < sizeof(gauges) / sizeof(*gauges); i++)
        if (strcmp(gauges[i], figure) == 0)
            return true;
    return false;
}

static void write_engine(struct api *a, struct bytes *out)
{
    json figures = engine_figures(a->engine);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *figure;
    json value;
    while (json_next(figures, &cursor, &figure, &value)) {
        char name[96];
        double number = json_is_number(value) ? json_double(value) : json_is_true(value) ? 1 : 0;
        if (!json_is_number(value) && json_kind(value) != JSON_BOOL)
            continue;
        metric_name(figure, name, sizeof(name) - 8);
        bool gauge = is_gauge(figure);
        if (!gauge)
            memcpy(name + strlen(name), "_total", 7);
        write_metric(out, name, gauge ? "gauge" : "counter", number);
    }
    json_free(figures);
}

static void write_server(struct api *a, struct bytes *out)
{
    struct server_figures f = server_figures(a->opts.server);
    write_metric(out, "dure_http_requests_total", "counter", (double)f.requests);
    write_metric(out, "dure_http_refused_total", "counter", (double)f.refused);
    write_metric(out, "dure_http_evicted_total", "counter", (double)f.evicted);
    write_metric(out, "dure_http_connections_total", "counter", (double)f.connections);
    write_metric(out, "dure_http_connections", "gauge", (double)server_connections(a->opts.server));
    write_metric(out, "dure_http_received_bytes_total", "counter", (double)f.bytes_in);
    write_metric(out, "dure_http_sent_bytes_total", "counter", (double)f.bytes_out);
    bytes_add(out, "# TYPE dure_http_answers_total counter\n");
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
    write_metric(out, "process_cpu_seconds_total", "counter", cpu_s);
    write_metric(out, "process_max_resident_memory_bytes", "gauge", (double)usage.ru_maxrss * 1024);
}

void health_metrics(struct api *a, struct request *r)
{
    struct bytes out;
    bytes_init(&out, METRICS_BYTES_MAX);
    bytes_add(&out,
              "# TYPE dure_build_info gauge\ndure_build_info{version=\"" DURE_VERSION "\"} 1\n");
    write_engine(a, &out);
    write_server(a, &out);
    write_process(&out);
    request_reply_take(r, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
}
