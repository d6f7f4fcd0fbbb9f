#include "web/picture.h"

#include "base/mem.h"

#define SVG_BYTES_MAX (8u << 20)
#define PATIENCE_MS   10000

struct picture {
    uv_process_t process;
    uv_pipe_t in, out;
    uv_timer_t patience;
    uv_write_t write;
    char *dot;
    struct bytes svg;
    picture_drawn *drawn;
    void *context;
    int open;
    bool exited, read, too_slow;
    int64_t status;
    char block[16384];
};

static void on_closed(uv_handle_t *handle)
{
    struct picture *p = handle->data;
    if (--p->open > 0)
        return;
    struct fail why = {0};
    if (p->too_slow)
        fail(&why, FAIL_TIMEOUT, "Graphviz took longer than %d seconds", PATIENCE_MS / 1000);
    else if (p->svg.overflowed)
        fail(&why, FAIL_LIMIT, "the picture is larger than %u bytes", SVG_BYTES_MAX);
    else if (p->status != 0)
        fail(&why, FAIL_IO, "Graphviz could not draw this (status %d)", (int)p->status);
    p->drawn(p->context, why.kind == FAIL_NONE ? &p->svg : NULL, &why);
    bytes_done(&p->svg);
    mem_free(p->dot);
    mem_free(p);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

// Closed when the child has exited and its output is read to the end, whichever comes last.
static void conclude(struct picture *p)
{
    if (!p->exited || !p->read)
        return;
    close_handle((uv_handle_t *)&p->process);
    close_handle((uv_handle_t *)&p->in);
    close_handle((uv_handle_t *)&p->out);
    close_handle((uv_handle_t *)&p->patience);
}

static void on_exit_of_dot(uv_process_t *process, int64_t status, int signal)
{
    struct picture *p = process->data;
    p->status = signal ? signal : status;
    p->exited = true;
    conclude(p);
}

static void on_block(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct picture *p = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(p->block, sizeof p->block);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct picture *p = stream->data;
    if (count > 0) {
        bytes_append(&p->svg, buffer->base, (size_t)count);
        return;
    }
    p->read = count < 0;
    if (p->read)
        conclude(p);
}

static void on_written(uv_write_t *write, int status)
{
    struct picture *p = write->data;
    (void)status; // a child that died says so by its exit
    close_handle((uv_handle_t *)&p->in);
}

static void on_patience(uv_timer_t *timer)
{
    struct picture *p = timer->data;
    p->too_slow = true;
    uv_process_kill(&p->process, SIGKILL);
}

static void init(struct picture *p, uv_loop_t *loop)
{
    uv_pipe_init(loop, &p->in, 0);
    uv_pipe_init(loop, &p->out, 0);
    uv_timer_init(loop, &p->patience);
    p->process.data = p->in.data = p->out.data = p->patience.data = p->write.data = p;
    p->open = 4;
}

void picture_draw(uv_loop_t *loop, const char *dot, size_t bytes, picture_drawn *drawn,
                  void *context)
{
    struct picture *p = mem_new(struct picture);
    char *arguments[] = {"dot", "-Tsvg", NULL};
    p->dot = mem_string_sized(dot, bytes);
    p->drawn = drawn;
    p->context = context;
    bytes_init(&p->svg, SVG_BYTES_MAX);
    init(p, loop);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&p->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&p->out},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {.file = "dot",
                                    .args = arguments,
                                    .stdio = stdio,
                                    .stdio_count = 3,
                                    .exit_cb = on_exit_of_dot};
    int status = uv_spawn(loop, &p->process, &options);
    if (status != 0) {
        p->exited = p->read = true;
        p->status = status;
        conclude(p);
        return;
    }
    uv_buf_t buffer = uv_buf_init(p->dot, (unsigned)bytes);
    uv_read_start((uv_stream_t *)&p->out, on_block, on_read);
    uv_timer_start(&p->patience, on_patience, PATIENCE_MS, 0);
    uv_write(&p->write, (uv_stream_t *)&p->in, &buffer, 1, on_written);
}
