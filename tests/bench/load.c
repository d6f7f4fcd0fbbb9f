// A load of HTTP requests over keep-alive connections, bounded in count:
//   load HOST PORT CONNECTIONS REQUESTS PATH [BODY-FILE]     (POST with a body, else GET)
// A PATH that begins with @ names a file of paths, a line a request. A body that begins with { or [
// is JSON, any other a form. Each connection sends its next request when the answer to the last one
// is complete. Every `%d` in the body is the request's number. Prints one JSON object: requests,
// refused, seconds, per_second, p50_ms, p90_ms, p99_ms, max_ms.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define ANSWER_MAX (1 << 20)

struct connection {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    char *out;
    char in[ANSWER_MAX];
    size_t in_bytes;
    uint64_t sent_ns;
};

static struct {
    uv_loop_t *loop;
    struct sockaddr_in address;
    const char *host, *path;
    char *body;   // NULL: GET
    char **paths; // a line of the file of paths each; NULL: always `path`
    long total, sent, done, refused;
    double *latency_ms;
} load;

static void send_next(struct connection *c);

static void die(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

// Length of a whole answer in the buffer, or 0 while it is not complete. Only what the server under
// test sends: Content-Length, no chunks.
static size_t answer_length(const struct connection *c)
{
    const char *end = memmem(c->in, c->in_bytes, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - c->in) + 4;
    const char *field = strcasestr(c->in, "\r\ncontent-length:");
    size_t body = field && field < end ? strtoul(field + 17, NULL, 10) : 0;
    return c->in_bytes >= head + body ? head + body : 0;
}

static void take_answer(struct connection *c)
{
    int status = atoi(c->in + sizeof "HTTP/1.1");
    if (status < 200 || status >= 400) {
        if (load.refused++ == 0)
            fprintf(stderr, "load: first refusal: %.300s\n", c->in);
    }
    load.latency_ms[load.done++] = (double)(uv_hrtime() - c->sent_ns) / 1e6;
    c->in_bytes = 0;
    if (load.sent < load.total)
        send_next(c);
    else
        uv_close((uv_handle_t *)&c->tcp, NULL);
}

static void on_block(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct connection *c = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(c->in + c->in_bytes, (unsigned)(ANSWER_MAX - c->in_bytes - 1));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct connection *c = stream->data;
    (void)buffer;
    if (count < 0)
        die("the server closed a connection");
    c->in_bytes += (size_t)count;
    c->in[c->in_bytes] = 0;
    if (answer_length(c) > 0)
        take_answer(c);
}

// The body with every %d replaced by the request's number.
static void fill_body(long number, char *out, size_t size)
{
    const char *from = load.body;
    size_t at = 0;
    for (const char *mark; (mark = strstr(from, "%d")) && at < size; from = mark + 2)
        at += (size_t)snprintf(out + at, size - at, "%.*s%ld", (int)(mark - from), from, number);
    if (at < size)
        snprintf(out + at, size - at, "%s", from);
}

static const char *content_type(const char *path)
{
    if (strstr(path, "/events"))
        return load.body && load.body[0] == '[' ? "application/cloudevents-batch+json"
                                                : "application/cloudevents+json";
    return load.body && strchr("{[", load.body[0]) ? "application/json"
                                                   : "application/x-www-form-urlencoded";
}

static void send_next(struct connection *c)
{
    long number = load.sent++;
    char body[65536] = "";
    const char *path = load.paths ? load.paths[number] : load.path;
    if (load.body)
        fill_body(number, body, sizeof body);
    free(c->out);
    int length = asprintf(&c->out,
                          "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          load.body ? "POST" : "GET", path, load.host, content_type(path),
                          strlen(body), body);
    uv_buf_t buffer = uv_buf_init(c->out, (unsigned)length);
    c->sent_ns = uv_hrtime();
    uv_write(&c->write, (uv_stream_t *)&c->tcp, &buffer, 1, NULL);
}

static void on_connect(uv_connect_t *connect, int status)
{
    struct connection *c = connect->data;
    if (status != 0)
        die(uv_strerror(status));
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_block, on_read);
    if (load.sent < load.total)
        send_next(c);
    else
        uv_close((uv_handle_t *)&c->tcp, NULL);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die("the body's file cannot be read");
    char *text = calloc(1, 65536);
    if (fread(text, 1, 65535, file) == 0)
        die("the body's file is empty");
    fclose(file);
    return text;
}

static void read_paths(const char *file_name)
{
    FILE *file = fopen(file_name, "r");
    char *line = NULL;
    size_t size = 0;
    if (!file)
        die("the file of paths cannot be read");
    load.paths = calloc((size_t)load.total, sizeof *load.paths);
    long count = 0;
    for (; count < load.total && getline(&line, &size, file) > 0; count++) {
        line[strcspn(line, "\n")] = 0;
        load.paths[count] = strdup(line);
    }
    load.total = count;
    free(line);
    fclose(file);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double percentile(double p)
{
    size_t i = (size_t)(p * (double)load.done);
    return load.latency_ms[i < (size_t)load.done ? i : (size_t)load.done - 1];
}

int main(int argc, char **argv)
{
    if (argc < 6)
        die("usage: load HOST PORT CONNECTIONS REQUESTS PATH [BODY-FILE]");
    long connections = strtol(argv[3], NULL, 10);
    load.loop = uv_default_loop();
    load.host = argv[1];
    load.total = strtol(argv[4], NULL, 10);
    load.path = argv[5];
    load.body = argc > 6 ? read_file(argv[6]) : NULL;
    if (load.path[0] == '@')
        read_paths(load.path + 1);
    load.latency_ms = calloc((size_t)load.total + 1, sizeof *load.latency_ms);
    if (connections < 1 || load.total < 1 ||
        uv_ip4_addr(argv[1], (int)strtol(argv[2], NULL, 10), &load.address) != 0)
        die("a number or the address is wrong");
    uint64_t began = uv_hrtime();
    struct connection *all = calloc((size_t)connections, sizeof *all);
    for (long i = 0; i < connections; i++) {
        uv_tcp_init(load.loop, &all[i].tcp);
        all[i].tcp.data = all[i].connect.data = &all[i];
        uv_tcp_connect(&all[i].connect, &all[i].tcp, (const struct sockaddr *)&load.address,
                       on_connect);
    }
    uv_run(load.loop, UV_RUN_DEFAULT);
    double seconds = (double)(uv_hrtime() - began) / 1e9;
    qsort(load.latency_ms, (size_t)load.done, sizeof(double), by_value);
    printf("{\"requests\":%ld,\"refused\":%ld,\"seconds\":%.3f,\"per_second\":%.0f,\"p50_ms\":%.3f,"
           "\"p90_ms\":%.3f,"
           "\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
           load.done, load.refused, seconds, (double)load.done / seconds, percentile(0.5),
           percentile(0.9), percentile(0.99), percentile(1));
    for (long i = 0; i < connections; i++)
        free(all[i].out);
    free(all);
    for (long i = 0; load.paths && i < load.total; i++)
        free(load.paths[i]);
    free(load.paths);
    free(load.body);
    free(load.latency_ms);
    return load.refused > 0;
}
