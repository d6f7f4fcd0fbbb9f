// Reports of mail that came back: what is read is plain ASCII within its limits, or refused in
// words.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "net/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_plain(const char *text, size_t size)
{
    must(strnlen(text, size) < size);
    for (; *text; text++)
        must(*text >= ' ' && *text < 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dsn dsn;
    struct fail why = {0};
    if (!dsn_read((const char *)data, size, &dsn, &why)) {
        must(why.message[0] && (why.kind == FAIL_INVALID || why.kind == FAIL_LIMIT));
        return 0;
    }
    must(dsn.recipient_count > 0 && dsn.recipient_count <= DSN_RECIPIENTS_MAX);
    must(dsn.target_count <= DSN_TARGETS_MAX);
    for (size_t i = 0; i < dsn.target_count; i++)
        is_plain(dsn.targets[i], DSN_ADDRESS_SIZE);
    for (size_t i = 0; i < dsn.recipient_count; i++) {
        is_plain(dsn.recipients[i].address, DSN_ADDRESS_SIZE);
        is_plain(dsn.recipients[i].diagnostic, DSN_TEXT_SIZE);
        must(dsn.recipients[i].address[0] && dsn.recipients[i].status[1] == '.');
    }
    is_plain(dsn.message_id, DSN_ADDRESS_SIZE);
    return 0;
}
