#include "people/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "people/directory.h"

#define FIRST_LINE     "dure seal key 1"
#define ROW_PREFIX     "urn "
#define IN_A_FILE      "file"
#define FILE_BYTES_MAX 4096

_Static_assert(KEYRING_KEY_BYTES == HASH_BYTES, "a key is written as a hash is");

// ---- files

static char *path_of(const char *folder, const char *name)
{
    char hex[HASH_HEX_SIZE];
    struct hash h = hash_of(name, strlen(name));
    hash_hex(&h, hex);
    return mem_printf("%s/%.40s.key", folder, hex);
}

static bool failed(struct fail *why, const char *what, const char *path)
{
    return fail(why, FAIL_IO,
                "cannot %s '%s': %s; name a folder outside of the data directory that only this "
                "service can write with seal_keys or DURE_SEAL_KEYS",
                what, path, strerror(errno));
}

static bool sync_folder(const char *folder, struct fail *why)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good || failed(why, "write", folder);
}

static bool write_whole(int fd, const char *text, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = write(fd, text + done, bytes - done);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return fsync(fd) == 0;
}

// Under another name first: half a key is none.
static bool file_put(const char *folder, const char *name, const char *hex, struct fail *why)
{
    char *path = path_of(folder, name), *draft = mem_printf("%s.new", path),
         *text = mem_printf(FIRST_LINE "\n%s\n%s\n", hex, name);
    bool good = mkdir(folder, 0700) == 0 || errno == EEXIST || failed(why, "make", folder);
    int fd = good ? open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (good)
        good = (fd >= 0 && fchmod(fd, 0600) == 0 && write_whole(fd, text, strlen(text))) ||
               failed(why, "write", draft);
    if (fd >= 0)
        close(fd);
    good = good && (rename(draft, path) == 0 || failed(why, "write", path)) &&
           sync_folder(folder, why);
    sodium_memzero(text, strlen(text));
    mem_free(text);
    mem_free(draft);
    mem_free(path);
    return good;
}

struct key_file {
    char text[FILE_BYTES_MAX];
    char *hex, *name;
};

// False with FAIL_NOT_FOUND where there is none.
static bool file_read(const char *path, struct key_file *out, struct fail *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return fail_code(why, FAIL_NOT_FOUND, "key_missing",
                         "the key of this urn is not at '%s': put it back there from a copy, or "
                         "hold the vote again; nothing else opens its ballots",
                         path);
    if (fd < 0)
        return failed(why, "read", path);
    ssize_t n = read(fd, out->text, sizeof out->text - 1);
    close(fd);
    out->text[n > 0 ? n : 0] = 0;
    char *first = strchr(out->text, '\n');
    out->hex = first ? first + 1 : NULL;
    char *second = out->hex ? strchr(out->hex, '\n') : NULL;
    out->name = second ? second + 1 : NULL;
    char *third = out->name ? strchr(out->name, '\n') : NULL;
    if (!third || strncmp(out->text, FIRST_LINE "\n", strlen(FIRST_LINE) + 1) != 0)
        return fail(why, FAIL_CORRUPT, "'%s' is no key of an urn; restore it from a copy", path);
    *second = *third = 0;
    return true;
}

// Overwritten first, for what a file system keeps of a removed file.
static void file_destroy(const char *path)
{
    static const char zeros[256];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (!write_whole(fd, zeros, sizeof zeros))
            log_warn("people", "key_not_overwritten", "path=%s", path);
        close(fd);
    }
    if (unlink(path) != 0 && errno != ENOENT)
        log_error("people", "key_not_destroyed", "path=%s reason=\"%s\"", path, strerror(errno));
}

// ---- rows

static char *row_key(const char *name)
{
    return mem_printf(ROW_PREFIX "%s", name);
}

// The row of a name, and what it says; false only if it cannot be read.
static bool row_find(struct store *s, const char *name, struct row *row, struct fail *why)
{
    char *text = row_key(name);
    struct value key = value_text(text);
    bool read = store_get(s, TABLE_META, &key, row, why);
    mem_free(text);
    return read;
}

static bool hex_to_key(const char *hex, uint8_t key[KEYRING_KEY_BYTES], struct fail *why)
{
    struct hash h;
    if (!hash_from_hex(hex, &h))
        return fail(why, FAIL_CORRUPT, "the key of an urn does not read back");
    memcpy(key, h.bytes, KEYRING_KEY_BYTES);
    sodium_memzero(&h, sizeof h);
    return true;
}

bool keyring_read(struct people *p, const char *name, uint8_t key[KEYRING_KEY_BYTES],
                  struct fail *why)
{
    struct row row;
    struct key_file file;
    if (!row_find(p->store, name, &row, why))
        return false;
    const char *hex = row_is_there(&row) ? row_text(&row, META_VALUE) : "";
    bool good = true;
    if (strcmp(hex, IN_A_FILE) == 0) {
        char *path = path_of(p->seal_folder ? p->seal_folder : "", name);
        good = file_read(path, &file, why);
        hex = good ? file.hex : "";
        mem_free(path);
    }
    good = good && hex_to_key(hex, key, why);
    sodium_memzero(&file, sizeof file);
    row_done(&row);
    return good;
}

static bool make(struct people *p, const char *name, uint8_t key[KEYRING_KEY_BYTES],
                 struct fail *why)
{
    const struct port *port = engine_port(p->engine);
    struct hash fresh;
    struct key_file file;
    char hex[HASH_HEX_SIZE];
    port->secret(port->context, fresh.bytes, HASH_BYTES);
    hash_hex(&fresh, hex);
    bool good = true;
    if (p->seal_folder) {
        char *path = path_of(p->seal_folder, name);
        // A batch that came to nothing may have left one; it is as good.
        good = file_read(path, &file, why);
        if (good)
            snprintf(hex, sizeof hex, "%s", file.hex);
        else if (why->kind == FAIL_NOT_FOUND)
            good = file_put(p->seal_folder, name, hex, why);
        mem_free(path);
        sodium_memzero(&file, sizeof file);
    }
    good = good && hex_to_key(hex, key, why);
    char *text = row_key(name);
    if (good)
        store_put(p->store, TABLE_META,
                  (struct value[]){value_text(text), value_text(p->seal_folder ? IN_A_FILE : hex)});
    mem_free(text);
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(&fresh, sizeof fresh);
    return good;
}

bool keyring_make(struct people *p, const char *name, uint8_t key[KEYRING_KEY_BYTES],
                  struct fail *why)
{
    struct row row;
    if (!row_find(p->store, name, &row, why))
        return false;
    bool there = row_is_there(&row);
    row_done(&row);
    p->has_urns = true;
    return there ? keyring_read(p, name, key, why) : make(p, name, key, why);
}

struct doomed {
    struct list node; // in people.doomed
    struct people *people;
    char *name;
};

static void doomed_free(struct doomed *d)
{
    list_remove(&d->node);
    mem_free(d->name);
    mem_free(d);
}

// The row tells whether it is meant: a handler that fails after all takes back what it wrote, but
// not this call.
static void destroy_now(void *context)
{
    struct doomed *d = context;
    struct people *p = d->people;
    struct row row;
    struct fail why;
    if (row_find(p->store, d->name, &row, &why)) {
        bool used = row_is_there(&row);
        row_done(&row);
        char *path = path_of(p->seal_folder, d->name);
        if (!used)
            file_destroy(path);
        mem_free(path);
    }
    doomed_free(d);
}

void keyring_destroy(struct people *p, const char *name)
{
    char *text = row_key(name);
    struct value key = value_text(text);
    store_delete(p->store, TABLE_META, &key);
    mem_free(text);
    if (!p->seal_folder)
        return;
    struct doomed *d = mem_new(struct doomed);
    *d = (struct doomed){.people = p, .name = mem_string(name)};
    list_append(&p->doomed, &d->node);
    engine_after_commit(p->engine, destroy_now, d);
}

void keyring_forget(struct people *p)
{
    while (!list_is_empty(&p->doomed))
        doomed_free(list_owner(p->doomed.next, struct doomed, node));
}

// Calls visit for each row whose name begins with this.
static bool each_row(struct store *s, const char *prefix,
                     void (*visit)(void *context, const char *name, const char *value),
                     void *context, struct fail *why)
{
    struct scan *scan;
    struct row row;
    char *first = row_key(prefix);
    struct value from = value_text(first);
    struct scan_opts opts = {.table = TABLE_META, .index = -1, .from = &from};
    why->kind = FAIL_NONE;
    bool good = store_scan(s, &opts, &scan, why);
    for (bool more = good; more && scan_next(scan, &row, why);) {
        const char *key = row_text(&row, META_KEY);
        more = strncmp(key, first, strlen(first)) == 0;
        if (more)
            visit(context, key + strlen(ROW_PREFIX), row_text(&row, META_VALUE));
        row_done(&row);
    }
    if (good)
        scan_done(scan);
    mem_free(first);
    return good && why->kind == FAIL_NONE;
}

static void visit_destroy(void *context, const char *name, const char *value)
{
    (void)value;
    keyring_destroy(context, name);
}

static void visit_known(void *context, const char *name, const char *value)
{
    (void)name;
    (void)value;
    *(bool *)context = true;
}

static bool look_for_urns(struct people *p, struct fail *why)
{
    if (p->urns_looked)
        return true;
    p->urns_looked = each_row(p->store, "", visit_known, &p->has_urns, why);
    return p->urns_looked;
}

// Every step that ends asks; most stores have no urn at all.
void keyring_destroy_all(struct people *p, const char *prefix)
{
    struct fail why = {0};
    bool good = look_for_urns(p, &why) &&
                (!p->has_urns || each_row(p->store, prefix, visit_destroy, p, &why));
    if (!good)
        must_context(why.message);
    must(good); // a read that the disk refuses within a turn ends the process
}

bool keyring_has(struct people *p, const char *instance)
{
    struct fail why;
    bool has = false;
    char *prefix = mem_printf("%s ", instance);
    bool read = each_row(p->store, prefix, visit_known, &has, &why);
    mem_free(prefix);
    return read && has;
}

// ---- after a crash

static bool is_stale(struct people *p, const char *name, bool *stale, struct fail *why)
{
    struct row row;
    char instance[64];
    snprintf(instance, sizeof instance, "%.*s", (int)strcspn(name, " "), name);
    struct value key = value_text(instance);
    if (!row_find(p->store, name, &row, why))
        return false;
    bool used = row_is_there(&row);
    row_done(&row);
    *stale = false;
    if (used)
        return true;
    if (!store_get(p->store, TABLE_INSTANCE, &key, &row, why))
        return false;
    // A database that does not know the instance may be the wrong one, or an older backup.
    *stale = row_is_there(&row);
    row_done(&row);
    return true;
}

static bool sweep_file(struct people *p, const char *path, struct fail *why)
{
    struct key_file file;
    bool stale = false;
    if (!file_read(path, &file, why)) {
        log_warn("people", "key_unreadable", "path=%s reason=\"%s\"", path, why->message);
        return true;
    }
    bool good = is_stale(p, file.name, &stale, why);
    sodium_memzero(file.hex, KEYRING_KEY_BYTES * 2);
    if (good && stale)
        file_destroy(path);
    return good;
}

bool keyring_sweep(struct people *p, struct fail *why)
{
    DIR *folder = p->seal_folder ? opendir(p->seal_folder) : NULL;
    if (!folder)
        return true; // none was needed yet
    bool good = true;
    for (struct dirent *entry; good && (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 4, ".key") != 0)
            continue;
        char *path = mem_printf("%s/%s", p->seal_folder, entry->d_name);
        good = sweep_file(p, path, why);
        mem_free(path);
    }
    closedir(folder);
    return good;
}

// ---- what an operator is told

struct examination {
    const char *folder;
    struct bytes *lines;
    int64_t there, missing;
};

static void visit_examine(void *context, const char *name, const char *value)
{
    struct examination *x = context;
    struct stat st;
    if (strcmp(value, IN_A_FILE) != 0)
        return;
    char *path = path_of(x->folder, name);
    if (stat(path, &st) == 0) {
        x->there++;
        if ((st.st_mode & 077) != 0) {
            x->missing++;
            bytes_printf(x->lines, "problem: others can read '%s'; chmod 600 it\n", path);
        }
    } else {
        x->missing++;
        bytes_printf(x->lines,
                     "problem: the key of the secret vote %s is not at '%s'. Its ballots cannot be "
                     "counted without it: put it back from a copy, or cancel the vote and hold it "
                     "again; who has voted is kept, what was cast is lost\n",
                     name, path);
    }
    mem_free(path);
}

bool keyring_examine(struct store *store, const char *folder, struct bytes *lines, struct fail *why)
{
    struct examination x = {.folder = folder, .lines = lines};
    if (!each_row(store, "", visit_examine, &x, why))
        return false;
    if (x.there > 0 && x.missing == 0)
        bytes_printf(lines, "ok: %lld open secret vote%s with the key in '%s'\n",
                     (long long)x.there, x.there == 1 ? "" : "s", folder);
    return x.missing == 0 || fail(why, FAIL_NOT_FOUND, "keys of secret votes are missing");
}
