// Bytes of a connection, through a socket pair into the server with the whole API and all pages,
// over an engine in memory. Whatever comes, the loop turns, the connection ends, and at the end of
// each the store still commits. An answer, where there is one, begins as an answer of HTTP does.
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access/access.h"
#include "api/api.h"
#include "base/log.h"
#include "base/must.h"
#include "net/exchange.h"
#include "store/memory.h"
#include "web/page.h"
#include "web/web.h"

#define BYTES_MAX 8000
#define TURNS_MAX 2000
#define LIVES     2000 // connections before everything is made anew
#define NOW_MS    INT64_C(1369370400000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char form[] = "document: { dsl: 1.0.3, namespace: f, name: f, version: 1.0.0 }\n"
                           "do: [ { hear: { listen: { to: { one: { with: { type: a } } } } } } ]\n";

static struct world {
    uv_loop_t loop;
    struct server *server;
    struct memory_disk *disk;
    struct store *store;
    struct virtual_port port;
    struct engine *engine;
    struct people *people;
    struct access *access;
    struct api *api;
    struct web *web;
    int lives;
} w;

static void turn(void)
{
    uv_run(&w.loop, UV_RUN_NOWAIT);
    while (engine_turn(w.engine))
        ;
    engine_poll(w.engine);
}

static void world_open(void)
{
    struct fail why = {0};
    struct diagnostics diagnostics;
    must(uv_loop_init(&w.loop) == 0);
    w.server = server_new(&w.loop, &(struct server_opts){.page = page_of_problem}, &why);
    must(w.server);
    w.disk = memory_disk_new();
    w.store = store_open(&(struct store_opts){.driver = memory_driver_new(w.disk)}, &why);
    must(w.store);
    virtual_port_init(&w.port, NOW_MS, 1);
    w.engine = engine_new(
        &(struct engine_opts){.store = w.store, .port = &w.port.port, .secrets = json_absent()});
    w.people = people_new(w.engine);
    must(engine_recover(w.engine, &why));
    w.access = access_new(&(struct access_opts){.engine = w.engine, .dev = true});
    w.api = api_new(&(struct api_opts){.server = w.server,
                                       .engine = w.engine,
                                       .people = w.people,
                                       .dev = true,
                                       .access = w.access});
    w.web = web_new(&(struct web_opts){.server = w.server,
                                       .loop = &w.loop,
                                       .engine = w.engine,
                                       .people = w.people,
                                       .dev = true,
                                       .access = w.access});
    diagnostics_init(&diagnostics);
    must(engine_deploy(w.engine, "f.yaml", form, sizeof(form) - 1, false, &diagnostics, &why));
    diagnostics_done(&diagnostics);
    turn();
}

static void world_close(void)
{
    struct fail why = {0};
    turn();
    must(store_flush(w.store, 1000, &why));
    engine_poll(w.engine);
    server_close(w.server);
    api_free(w.api);
    web_free(w.web);
    access_free(w.access);
    people_free(w.people);
    engine_free(w.engine);
    store_close(w.store);
    memory_disk_free(w.disk);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&w.loop) == 0);
}

static void read_answer(int fd)
{
    char chunk[65536];
    ssize_t count;
    bool first = true;
    while ((count = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0) {
        must(!first || (count >= 9 && memcmp(chunk, "HTTP/1.1 ", 9) == 0));
        first = false;
    }
}

static void connection(const uint8_t *data, size_t size)
{
    int pair[2];
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(MHD_add_connection(w.server->daemon, pair[0], (struct sockaddr *)&address,
                            sizeof(address)) == MHD_YES);
    must(write(pair[1], data, size) == (ssize_t)size);
    shutdown(pair[1], SHUT_WR);
    char peek;
    for (int i = 0; i < TURNS_MAX && server_connections(w.server) > 0; i++) {
        turn();
        // It waits for more from us, or streams: nothing more will come.
        if (i > 20 && recv(pair[1], &peek, 1, MSG_DONTWAIT | MSG_PEEK) < 0)
            break;
    }
    read_answer(pair[1]);
    close(pair[1]);
    for (int i = 0; i < TURNS_MAX && server_connections(w.server) > 0; i++)
        turn();
    must(server_connections(w.server) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > BYTES_MAX)
        return 0;
    if (w.lives == 0) {
        log_configure((enum log_level)(LOG_ERROR + 1), false);
        world_open();
    }
    connection(data, size);
    if (++w.lives == LIVES) {
        world_close();
        w = (struct world){0};
    }
    return 0;
}
