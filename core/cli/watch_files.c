#include "cli/watch_files.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"

#define WATCHES_MAX 256
#define QUIET_MS    200 // an editor saves in several steps

struct file_watch {
    uv_timer_t quiet;
    uv_fs_event_t *events[WATCHES_MAX];
    size_t count, open;
    void (*changed)(void *context);
    void *context;
};

static void on_quiet(uv_timer_t *timer)
{
    struct file_watch *w = timer->data;
    w->changed(w->context);
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct file_watch *w = handle->data;
    (void)events;
    if (status == 0 && !(name && (name[0] == '.' || name[strlen(name) - 1] == '~')))
        uv_timer_start(&w->quiet, on_quiet, QUIET_MS, 0);
}

static void watch(struct file_watch *w, uv_loop_t *loop, const char *folder, int depth)
{
    if (w->count == WATCHES_MAX || depth > 3)
        return;
    uv_fs_event_t *event = mem_new(uv_fs_event_t);
    uv_fs_event_init(loop, event);
    event->data = w;
    w->events[w->count++] = event;
    w->open++;
    int status = uv_fs_event_start(event, on_event, folder, 0);
    if (status != 0)
        log_warn("serve", "not_watched", "folder=\"%s\" reason=\"%s\"", folder,
                 uv_strerror(status));
    DIR *directory = opendir(folder);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct stat st;
        char *inner = mem_printf("%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && stat(inner, &st) == 0 && S_ISDIR(st.st_mode))
            watch(w, loop, inner, depth + 1);
        mem_free(inner);
    }
    closedir(directory);
}

struct file_watch *file_watch_new(uv_loop_t *loop, const char *const *folders, size_t count,
                                  void (*changed)(void *context), void *context)
{
    struct file_watch *w = mem_new(struct file_watch);
    w->changed = changed;
    w->context = context;
    uv_timer_init(loop, &w->quiet);
    w->quiet.data = w;
    w->open = 1;
    for (size_t i = 0; i < count; i++)
        if (folders[i])
            watch(w, loop, folders[i], 0);
    return w;
}

static void on_closed(uv_handle_t *handle)
{
    struct file_watch *w = handle->data;
    if (handle != (uv_handle_t *)&w->quiet)
        mem_free(handle);
    if (--w->open == 0)
        mem_free(w);
}

void file_watch_close(struct file_watch *w)
{
    for (size_t i = 0; i < w->count; i++)
        uv_close((uv_handle_t *)w->events[i], on_closed);
    uv_close((uv_handle_t *)&w->quiet, on_closed);
}
