// Watches folders (and the folders in them) for changes and calls back once things are quiet again.
// Loop thread only.
#pragma once

#include <stddef.h>
#include <uv.h>

struct file_watch;

// NULL folders are skipped. Frees itself in the last close callback after file_watch_close.
struct file_watch *file_watch_new(uv_loop_t *loop, const char *const *folders, size_t count,
                                  void (*changed)(void *context), void *context);
void file_watch_close(struct file_watch *w);
