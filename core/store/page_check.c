// A page that does not fit may be on its way: a checkpoint writes it just now, or was cut off amid
// it. Then the log has it, and what the log has is read and copied from there. So the suspects are
// looked at again beside the list of the log's pages, and a page that was suspect once and fits now
// is whole.
#include "store/page_check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/log_file.h"
#include "store/log_frame.h"
#include "store/page_owner.h"
#include "store/sqlite_file.h"

#define READ_PAGES   64
#define SUSPECTS_MAX 200 // more are counted and not named
#define ROUNDS       3
#define COUNT_AT     28 // of the first page: how many pages there are

struct look {
    const char *directory;
    int file;
    struct log_report log;
    uint32_t count;
    unsigned char *newer; // a bit a page: the log has it
    uint32_t suspects[SUSPECTS_MAX];
    size_t suspect_count;
    int64_t bad;
};

static void note_newer(void *context, uint32_t page)
{
    struct look *l = context;
    if (page <= l->count)
        l->newer[page / 8] |= (unsigned char)(1u << (page % 8));
}

static bool is_newer(const struct look *l, uint32_t page)
{
    return (l->newer[page / 8] & (1u << (page % 8))) != 0;
}

static bool read_page(const struct look *l, uint32_t number, unsigned char *page)
{
    return pread(l->file, page, PAGE_BYTES, (off_t)(number - 1) * PAGE_BYTES) == PAGE_BYTES;
}

static bool fits(const struct look *l, uint32_t number)
{
    unsigned char page[PAGE_BYTES];
    return read_page(l, number, page) && page_sum_fits(page, number);
}

static void suspect(struct look *l, uint32_t number)
{
    if (is_newer(l, number))
        return;
    if (l->suspect_count < SUSPECTS_MAX)
        l->suspects[l->suspect_count++] = number;
    else
        l->bad++;
}

static void look_at_all(struct look *l)
{
    unsigned char *pages = mem_alloc(READ_PAGES * PAGE_BYTES);
    for (uint32_t first = 1; first <= l->count; first += READ_PAGES) {
        ssize_t bytes =
            pread(l->file, pages, READ_PAGES * PAGE_BYTES, (off_t)(first - 1) * PAGE_BYTES);
        for (uint32_t i = 0; i < READ_PAGES && first + i <= l->count; i++)
            if (first + i != PAGE_NUMBER_OF_LOCKS &&
                (bytes < (ssize_t)(i + 1) * PAGE_BYTES ||
                 !page_sum_fits(pages + (size_t)i * PAGE_BYTES, first + i)))
                suspect(l, first + i);
    }
    mem_free(pages);
}

static void look_again(struct look *l)
{
    size_t left = 0;
    log_examine(l->directory, note_newer, l);
    for (size_t i = 0; i < l->suspect_count; i++)
        if (!is_newer(l, l->suspects[i]) && !fits(l, l->suspects[i]))
            l->suspects[left++] = l->suspects[i];
    l->suspect_count = left;
}

// The size stands in the log's last commit, or else in the first page; a file that is longer has
// pages that are nobody's.
static uint32_t count_pages(const struct look *l, off_t bytes)
{
    unsigned char first[PAGE_BYTES];
    uint32_t there = (uint32_t)(bytes / PAGE_BYTES);
    if (l->log.database_size > 0)
        return l->log.database_size;
    if (!read_page(l, 1, first) || !page_sum_fits(first, 1))
        return there;
    uint32_t says = log_number(first + COUNT_AT);
    return says > 0 ? says : there;
}

static void tell(const struct look *l, struct page_report *r)
{
    char *file = mem_printf("%s/%s", l->directory, SQLITE_FILE_NAME);
    struct page_owner *owners = mem_alloc((l->suspect_count + 1) * sizeof(*owners));
    for (size_t i = 0; i < l->suspect_count; i++)
        owners[i] = (struct page_owner){.page = l->suspects[i],
                                        .words = "a table that its log keeps from being asked for"};
    // Whoever opens a log that is not whole makes its index anew, and nobody finds that again.
    if (l->log.state == LOG_WHOLE || l->log.state == LOG_DOUBTFUL)
        page_owners(file, owners, l->suspect_count);
    for (size_t i = 0; i < l->suspect_count; i++) {
        bytes_printf(r->lines, "page %u of the database is damaged: it belongs to ",
                     (unsigned)owners[i].page);
        bytes_printf(r->lines, "%s\n", owners[i].words);
    }
    if (r->bad > (int64_t)l->suspect_count)
        bytes_printf(r->lines, "and %lld more pages\n",
                     (long long)r->bad - (long long)l->suspect_count);
    mem_free(owners);
    mem_free(file);
}

static void look(struct look *l, off_t bytes, struct page_report *r)
{
    l->log = log_examine(l->directory, NULL, NULL);
    l->count = count_pages(l, bytes);
    l->newer = mem_alloc(l->count / 8 + 1);
    memset(l->newer, 0, l->count / 8 + 1);
    log_examine(l->directory, note_newer, l);
    look_at_all(l);
    for (int i = 0; i < ROUNDS && l->suspect_count > 0; i++)
        look_again(l);
    r->pages = l->count;
    r->bad = l->bad + (int64_t)l->suspect_count;
    mem_free(l->newer);
    if (r->bad > 0)
        tell(l, r);
}

bool page_check(const char *directory, struct page_report *r)
{
    unsigned char first[PAGE_BYTES];
    struct stat info;
    char *path = mem_printf("%s/%s", directory, SQLITE_FILE_NAME);
    struct look *l = mem_new(struct look);
    *l = (struct look){.directory = directory, .file = open(path, O_RDONLY | O_CLOEXEC)};
    r->pages = r->bad = 0;
    r->kept = l->file >= 0 && fstat(l->file, &info) == 0 && read_page(l, 1, first) &&
              page_says_sums(first);
    if (r->kept)
        look(l, info.st_size, r);
    if (l->file >= 0)
        close(l->file);
    mem_free(l);
    mem_free(path);
    return r->bad == 0;
}
