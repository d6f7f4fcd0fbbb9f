// Request targets: no segment of a path that is read may lead out of it.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "net/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct target target;
    struct fail why = {0};
    char *text = mem_string_sized((const char *)data, size);
    arena_init(&arena);
    bool good = target_read(&arena, text, &target, &why);
    if (!good)
        must(why.message[0]);
    for (size_t i = 0; good && i < target.count; i++) {
        const char *segment = target.segments[i];
        must(utf8_is_valid(segment, strlen(segment)));
        must(strcmp(segment, "..") != 0 && strcmp(segment, ".") != 0);
        must(!strchr(segment, '/') && !strchr(segment, '\n'));
    }
    arena_done(&arena);
    mem_free(text);
    return 0;
}
