#include "definition/definition.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "support.h"
#include "test.h"

// Every tests/scenarios/check/NAME.yaml has one mistake; what is said of it lies beside it in
// NAME.txt. UPDATE_GOLDEN=1 writes those files anew: read their diff.

#define FOLDER         DURE_SOURCE_DIR "/tests/scenarios/check"
#define MISTAKES_LEAST 40

static bool read_file(const char *path, struct bytes *out)
{
    char block[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        bytes_append(out, block, n);
    fclose(file);
    return true;
}

static void write_file(const char *path, const struct bytes *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->length, file), text->length);
    assert_int_equal(fclose(file), 0);
}

// What is said of one file, into `said`; the number of messages.
static size_t say(const char *name, struct bytes *said)
{
    char path[512];
    struct bytes text;
    struct diagnostics diagnostics;
    struct support_functions functions;
    support_functions_init(&functions);
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    diagnostics_init(&diagnostics);
    snprintf(path, sizeof path, FOLDER "/%s", name);
    assert_true(read_file(path, &text));
    struct definition *d = definition_parse(
        name, text.data, text.length,
        &(struct definition_opts){.functions = &functions.catalogue, .thorough = true},
        &diagnostics);
    assert_int_equal(d == NULL, diagnostics.errors > 0);
    definition_unref(d);
    diagnostics_write_text(&diagnostics, false, said);
    size_t count = diagnostics.count;
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    support_functions_done(&functions);
    return count;
}

static bool is_golden(const char *name)
{
    char path[512];
    struct bytes said, wanted;
    bytes_init(&said, 1 << 20);
    bytes_init(&wanted, 1 << 20);
    snprintf(path, sizeof path, FOLDER "/%.*s.txt", (int)(strlen(name) - strlen(".yaml")), name);
    size_t count = say(name, &said);
    if (getenv("UPDATE_GOLDEN") != NULL)
        write_file(path, &said);
    bool same = read_file(path, &wanted) && strcmp(said.data, wanted.data) == 0;
    if (!same)
        print_error("%s: wanted\n%s\ngot\n%s\n", name, wanted.data, said.data);
    if (count != 1)
        print_error("%s: %zu messages for one mistake\n%s\n", name, count, said.data);
    bytes_done(&said);
    bytes_done(&wanted);
    return same && count == 1;
}

static int is_mistake(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

TEST(mistakes, have_one_message_each)
{
    UNUSED_STATE;
    struct dirent **entries;
    int count = scandir(FOLDER, &entries, is_mistake, alphasort), wrong = 0;
    assert_true(count >= MISTAKES_LEAST);
    for (int i = 0; i < count; i++) {
        wrong += !is_golden(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(wrong, 0);
}

RUN(CASE(mistakes, have_one_message_each))
