// Tables as offices make them: what is read is valid text within the limits, and written out and
// read again it is the same but for what a spreadsheet would run. The same bytes as a list of
// persons: a preview, and after its commit the same list changes nothing.
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "people/csv.h"
#include "people/people.h"
#include "store/memory.h"

#define TEXT_MAX 4000
#define OUT_MAX  (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_cell(const char *before, const char *after)
{
    return strcmp(before, after) == 0 || (after[0] == '\'' && strcmp(before, after + 1) == 0);
}

// As files go out: a mark first, so that a text which begins with one keeps it.
static void write_table(const struct csv_table *table, struct bytes *out)
{
    bytes_add(out, CSV_BOM);
    for (size_t i = 0; i < table->count; i++) {
        for (size_t c = 0; c < table->rows[i].count; c++) {
            if (c > 0)
                bytes_add_char(out, ',');
            csv_write_cell(out, table->rows[i].cells[c], strlen(table->rows[i].cells[c]));
        }
        bytes_add(out, "\r\n");
    }
}

static void try_table(const char *text, size_t size)
{
    struct csv_table table, again;
    struct fail why = {0};
    if (!csv_read(text, size, ',', &table, &why)) {
        must(why.message[0]);
        return;
    }
    must(table.count <= LIMIT_CSV_ROWS);
    struct bytes out;
    bytes_init(&out, OUT_MAX);
    write_table(&table, &out);
    must(csv_read(out.data ? out.data : "", out.length, ',', &again, &why));
    must(again.count == table.count);
    for (size_t i = 0; i < table.count; i++) {
        must(again.rows[i].count == table.rows[i].count);
        for (size_t c = 0; c < table.rows[i].count; c++) {
            const char *cell = table.rows[i].cells[c];
            must(utf8_is_valid(cell, strlen(cell)));
            must(same_cell(cell, again.rows[i].cells[c]));
        }
    }
    csv_done(&again);
    bytes_done(&out);
    csv_done(&table);
}

// All is set up anew for each list, so that a finding needs no other to be seen again.
static void try_persons(const char *text, size_t size)
{
    struct fail why = {0};
    struct virtual_port port;
    struct memory_disk *disk = memory_disk_new();
    struct store *store = store_open(&(struct store_opts){.driver = memory_driver_new(disk)}, &why);
    must(store);
    virtual_port_init(&port, INT64_C(1369370400000), 1);
    struct engine *e = engine_new(
        &(struct engine_opts){.store = store, .port = &port.port, .secrets = json_absent()});
    struct people *p = people_new(e);
    must(engine_recover(e, &why));
    json preview, second;
    if (people_import_preview(p, text, size, &preview, &why)) {
        if (people_import_commit(p, preview, &why)) {
            must(people_import_preview(p, text, size, &second, &why));
            json counts = json_get(second, "counts");
            must(json_get_int(counts, "add", 0) == 0 && json_get_int(counts, "change", 0) == 0);
            json_free(counts);
            json_free(second);
        }
        json_free(preview);
    }
    while (engine_turn(e))
        ;
    must(store_flush(store, 1000, &why));
    engine_poll(e);
    people_free(p);
    engine_free(e);
    store_close(store);
    memory_disk_free(disk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    log_configure(LOG_ERROR, false);
    try_table((const char *)data, size);
    try_persons((const char *)data, size);
    return 0;
}
