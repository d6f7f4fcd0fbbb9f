// The Lua texts of a plugin's folder, read once: what runs is what was read, whatever is written to
// the disk meanwhile. Tests and hidden files stay out; symbolic links are not followed.
#include "plugin/loaded.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/mem.h"

struct reading {
    struct plugin_file *files;
    size_t count;
    struct fail *why;
};

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

static bool read_text(struct reading *r, const char *path, char *name)
{
    FILE *f = fopen(path, "rb");
    struct bytes text;
    bytes_init(&text, PLUGIN_FILE_BYTES_MAX);
    char chunk[8192];
    size_t n = 0;
    while (f != NULL && !text.overflowed && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        bytes_append(&text, chunk, n);
    bool good = f != NULL && ferror(f) == 0;
    if (!good)
        fail(r->why, FAIL_IO, "%s: %s", path, strerror(errno));
    else if (text.overflowed)
        good = fail(r->why, FAIL_LIMIT, "%s has more than %d bytes", path, PLUGIN_FILE_BYTES_MAX);
    else if (r->count == PLUGIN_FILES_MAX)
        good = fail(r->why, FAIL_LIMIT, "more than %d files in one plugin", PLUGIN_FILES_MAX);
    if (f != NULL)
        fclose(f);
    if (!good) {
        bytes_done(&text);
        mem_free(name);
        return false;
    }
    r->files = mem_resize(r->files, (r->count + 1) * sizeof *r->files);
    struct plugin_file *file = &r->files[r->count++];
    file->name = name;
    file->text = bytes_take(&text, &file->bytes);
    bytes_done(&text);
    return true;
}

static bool read_folder(struct reading *r, const char *folder, const char *prefix, int depth);

static bool read_entry(struct reading *r, const char *path, const char *prefix, const char *entry,
                       int depth)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return fail(r->why, FAIL_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode) && depth < PLUGIN_FOLDER_DEPTH) {
        char *inner = mem_printf("%s%s.", prefix, entry);
        bool good = read_folder(r, path, inner, depth + 1);
        mem_free(inner);
        return good;
    }
    if (!S_ISREG(info.st_mode) || !ends_with(entry, ".lua") || ends_with(entry, "_test.lua"))
        return true;
    return read_text(r, path, mem_printf("%s%.*s", prefix, (int)strlen(entry) - 4, entry));
}

static bool read_folder(struct reading *r, const char *folder, const char *prefix, int depth)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, NULL, alphasort);
    if (n < 0)
        return fail(r->why, FAIL_IO, "%s: %s", folder, strerror(errno));
    bool good = true;
    for (int i = 0; i < n; i++) {
        if (good && entries[i]->d_name[0] != '.') {
            char *path = mem_printf("%s/%s", folder, entries[i]->d_name);
            good = read_entry(r, path, prefix, entries[i]->d_name, depth);
            mem_free(path);
        }
        free(entries[i]);
    }
    free(entries);
    return good;
}

// What plugins of one directory have in common lies in `shared/` beside them and is theirs to
// require as "shared.NAME": the text only, each runs it in a state of its own.
static bool read_shared(struct reading *r, const char *folder)
{
    struct stat info;
    char *path = mem_printf("%s/../shared", folder);
    bool good =
        lstat(path, &info) != 0 || !S_ISDIR(info.st_mode) || read_folder(r, path, "shared.", 1);
    mem_free(path);
    return good;
}

bool folder_read(const char *folder, struct plugin_file **files, size_t *count, struct hash *hash,
                 struct fail *why)
{
    struct reading r = {.why = why};
    struct hasher hasher;
    bool good = read_folder(&r, folder, "", 0) && read_shared(&r, folder);
    hasher_init(&hasher);
    for (size_t i = 0; i < r.count; i++) {
        hasher_add_field(&hasher, r.files[i].name, strlen(r.files[i].name));
        hasher_add_field(&hasher, r.files[i].text, r.files[i].bytes);
    }
    *hash = hasher_done(&hasher);
    *files = r.files;
    *count = r.count;
    return good;
}

void folder_free(struct plugin_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mem_free(files[i].name);
        mem_free(files[i].text);
    }
    mem_free(files);
}
