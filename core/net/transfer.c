#include "net/transfer.h"

#include <stdbool.h>

#include "base/mem.h"
#include "base/must.h"

#define CONNECT_MS_MAX  15000
#define CONNECTIONS_MAX 256 // at once; what is more waits for one of them

// One descriptor that curl wants watched.
struct watched {
    uv_poll_t poll;
    struct transfers *all;
    curl_socket_t fd;
};

struct transfers {
    CURLM *multi;
    uv_loop_t *loop;
    uv_timer_t timer;
    size_t count;
    size_t open_handles;
    bool closing;
};

// Finished transfers are collected before any `done` runs further: a callback may add or remove
// others.
static void collect(struct transfers *all)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(all->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        char *owner = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        struct transfer *t = (struct transfer *)(void *)owner;
        must(t);
        transfer_remove(all, t);
        t->done(t, result);
    }
}

static void descriptor_ready(uv_poll_t *handle, int status, int events)
{
    struct watched *watched = handle->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    struct transfers *all = watched->all; // `watched` may be gone after the action
    int running;
    curl_multi_socket_action(all->multi, watched->fd, flags, &running);
    collect(all);
}

static void watched_closed(uv_handle_t *handle)
{
    struct watched *watched = handle->data;
    struct transfers *all = watched->all;
    mem_free(watched);
    must(all->open_handles > 0);
    if (--all->open_handles == 0)
        mem_free(all);
}

static struct watched *watch(struct transfers *all, curl_socket_t fd)
{
    struct watched *watched = mem_new(struct watched);
    watched->all = all;
    watched->fd = fd;
    must(uv_poll_init_socket(all->loop, &watched->poll, fd) == 0);
    watched->poll.data = watched;
    all->open_handles++;
    curl_multi_assign(all->multi, fd, watched);
    return watched;
}

static int watch_changed(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned)
{
    (void)easy;
    struct transfers *all = context;
    struct watched *watched = assigned;
    if (what == CURL_POLL_REMOVE) {
        if (!watched)
            return 0;
        curl_multi_assign(all->multi, fd, NULL);
        uv_close((uv_handle_t *)&watched->poll, watched_closed);
        return 0;
    }
    if (!watched)
        watched = watch(all, fd);
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&watched->poll, events, descriptor_ready);
    return 0;
}

static void time_is_up(uv_timer_t *handle)
{
    struct transfers *all = handle->data;
    int running;
    curl_multi_socket_action(all->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(all);
}

static int timer_changed(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct transfers *all = context;
    if (timeout_ms < 0 || all->closing)
        uv_timer_stop(&all->timer);
    else
        uv_timer_start(&all->timer, time_is_up, (uint64_t)timeout_ms, 0);
    return 0;
}

void transfers_global(void)
{
    static bool curl_is_ready;
    if (!curl_is_ready)
        must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    curl_is_ready = true;
}

struct transfers *transfers_new(uv_loop_t *loop)
{
    transfers_global();
    struct transfers *all = mem_new(struct transfers);
    all->loop = loop;
    all->multi = curl_multi_init();
    must(all->multi);
    curl_multi_setopt(all->multi, CURLMOPT_SOCKETFUNCTION, watch_changed);
    curl_multi_setopt(all->multi, CURLMOPT_SOCKETDATA, all);
    curl_multi_setopt(all->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    curl_multi_setopt(all->multi, CURLMOPT_TIMERDATA, all);
    curl_multi_setopt(all->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_MAX);
    must(uv_timer_init(loop, &all->timer) == 0);
    all->timer.data = all;
    all->open_handles = 1;
    return all;
}

static void timer_closed(uv_handle_t *handle)
{
    struct transfers *all = handle->data;
    must(all->open_handles > 0);
    if (--all->open_handles == 0)
        mem_free(all);
}

void transfers_close(struct transfers *all)
{
    must(all->count == 0);
    all->closing = true;
    curl_multi_cleanup(all->multi); // closes kept connections, and with them their watches
    uv_timer_stop(&all->timer);
    uv_close((uv_handle_t *)&all->timer, timer_closed);
}

void transfer_init(struct transfer *t, const char *protocols, int timeout_ms)
{
    t->easy = curl_easy_init();
    must(t->easy);
    must(timeout_ms > 0);
    long connect_ms = timeout_ms < CONNECT_MS_MAX ? timeout_ms : CONNECT_MS_MAX;
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    // A name that does not resolve would otherwise hold the loop until its thread has given up.
    curl_easy_setopt(t->easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(t->easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
}

void transfer_add(struct transfers *all, struct transfer *t)
{
    must(t->easy && t->done);
    all->count++;
    must(curl_multi_add_handle(all->multi, t->easy) == CURLM_OK);
}

void transfer_remove(struct transfers *all, struct transfer *t)
{
    must(all->count > 0);
    all->count--;
    curl_multi_remove_handle(all->multi, t->easy);
}

void transfer_done(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
}
