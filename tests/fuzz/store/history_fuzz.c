// History and case files as they may come back from a damaged disk or from a stranger: entries in
// full have one stored form, which leads back to them; a case file verifies or says what does not
// fit.
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "store/audit.h"
#include "store/entry.h"

#define TEXT_MAX 20000
#define OUT_MAX  (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write(json entries, struct bytes *out)
{
    bytes_init(out, OUT_MAX);
    bytes_add_char(out, '[');
    for (size_t i = 0; i < json_length(entries); i++) {
        json entry = json_at(entries, i);
        entry_add_json(entry, out);
        json_free(entry);
    }
    bytes_add_char(out, ']');
}

static void try_entries(const char *text, size_t size)
{
    struct fail why = {0};
    struct bytes stored, again;
    json entries, second;
    if (!entries_read(text, size, &entries, &why)) {
        must(why.message[0]);
        return;
    }
    write(entries, &stored);
    must(entries_read(stored.data, stored.length, &second, &why));
    write(second, &again);
    must(stored.length == again.length && memcmp(stored.data, again.data, again.length) == 0);
    bytes_done(&stored);
    bytes_done(&again);
    json_free(second);
    json_free(entries);
}

static void try_case(const char *text, size_t size)
{
    struct fail why = {0};
    json exported;
    if (!json_parse(text, size, &exported, &why))
        return;
    struct audit_report report = {0};
    if (!audit_verify_case(exported, &report, &why))
        must(why.message[0]);
    json_free(exported);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    try_entries((const char *)data, size);
    try_case((const char *)data, size);
    return 0;
}
