// The formats are those of sqlite.org/walformat.html: the index's header has the page size at byte
// 14, the last committed frame at 16 and the log's salt at 32, in the machine's order; the log's
// header of 32 bytes has the salt at 16, and a frame is a page and 24 bytes more.
#include "store/log_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sqlite_file.h"

#define HEADER_BYTES       48
#define LOG_HEADER_BYTES   32
#define FRAME_HEADER_BYTES 24
#define SALT_BYTES         8

static bool read_head(const char *directory, const char *name, char *out, size_t bytes,
                      int64_t *size)
{
    char *path = mem_printf("%s/%s", directory, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    mem_free(path);
    if (file < 0)
        return false;
    bool got = fstat(file, &info) == 0 && pread(file, out, bytes, 0) == (ssize_t)bytes;
    *size = got ? (int64_t)info.st_size : 0;
    close(file);
    return got;
}

int64_t log_pages_missing(const char *directory)
{
    char index[HEADER_BYTES], log[LOG_HEADER_BYTES];
    int64_t index_bytes, log_bytes;
    uint16_t page_size;
    uint32_t frames;
    if (!read_head(directory, SQLITE_FILE_NAME "-shm", index, sizeof(index), &index_bytes) ||
        !read_head(directory, SQLITE_FILE_NAME "-wal", log, sizeof(log), &log_bytes) ||
        memcmp(index + 32, log + 16, SALT_BYTES) != 0)
        return 0;
    memcpy(&page_size, index + 14, sizeof(page_size));
    memcpy(&frames, index + 16, sizeof(frames));
    int64_t frame_bytes = page_size + FRAME_HEADER_BYTES;
    int64_t there = (log_bytes - LOG_HEADER_BYTES) / frame_bytes;
    return page_size < 512 || there >= (int64_t)frames ? 0 : (int64_t)frames - there;
}
