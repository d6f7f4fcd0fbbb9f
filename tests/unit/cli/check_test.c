#include "cli/commands.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/context.h"
#include "test.h"
#include "json/json.h"

#define GOOD                                                                                       \
    "document: { dsl: 1.0.3, namespace: club, name: good, version: 1.0.0 }\n"                      \
    "do:\n"                                                                                        \
    "  - a: { set: { x: 1 } }\n"
#define BAD                                                                                        \
    "document: { dsl: 1.0.3, namespace: club, name: bad, version: 1.0.0 }\n"                       \
    "do:\n"                                                                                        \
    "  - a: { set: { x: 1 }, then: nowhere }\n"

struct folder {
    char path[64];
    struct bytes out; // what the last command printed
};

static void put(struct folder *f, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void folder_init(struct folder *f)
{
    char inner[128];
    snprintf(f->path, sizeof f->path, P_tmpdir "/dure-check-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(inner, sizeof inner, "%s/inner", f->path);
    assert_int_equal(mkdir(inner, 0700), 0);
    snprintf(inner, sizeof inner, "%s/plugins", f->path);
    assert_int_equal(mkdir(inner, 0700), 0);
    setenv("DURE_PLUGINS", inner, 1);
    bytes_init(&f->out, 1 << 20);
}

static void folder_done(struct folder *f)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->path);
    assert_int_equal(system(command), 0);
    bytes_done(&f->out);
    cli_plugins_done();
}

// Runs a command with its standard output in a file without a name.
static int run(struct folder *f, int (*command)(int, char **), char **arguments)
{
    char block[4096];
    ssize_t n;
    int count = 0, kept = dup(STDOUT_FILENO), file = memfd_create("stdout", 0);
    while (arguments[count] != NULL)
        count++;
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    optind = 0; // glibc: begin anew
    int code = command(count, arguments);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    bytes_clear(&f->out);
    lseek(file, 0, SEEK_SET);
    while ((n = read(file, block, sizeof block)) > 0)
        bytes_append(&f->out, block, (size_t)n);
    close(kept);
    close(file);
    return code;
}
#define RUN_COMMAND(f, command, ...) run(f, command, (char *[]){__VA_ARGS__, NULL})

TEST(check, says_nothing_of_a_good_workflow)
{
    UNUSED_STATE;
    struct folder f;
    char path[256];
    folder_init(&f);
    put(&f, "good.yaml", GOOD);
    snprintf(path, sizeof path, "%s/good.yaml", f.path);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check", path), EXIT_GOOD);
    assert_string_equal(f.out.data, "");
    folder_done(&f);
}

TEST(check, searches_folders_for_workflows_only)
{
    UNUSED_STATE;
    struct folder f;
    folder_init(&f);
    put(&f, "good.yaml", GOOD);
    put(&f, "other.yaml", "some: thing\n");
    put(&f, "bad.test.yaml", BAD);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check", f.path), EXIT_GOOD);
    put(&f, "inner/bad.yaml", BAD);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check", f.path), EXIT_BAD);
    assert_non_null(strstr(f.out.data, "/inner/bad.yaml:3:31: error: 'then: nowhere' leads"));
    folder_done(&f);
}

TEST(check, prints_json_and_sarif)
{
    UNUSED_STATE;
    struct folder f;
    struct fail why;
    json out;
    folder_init(&f);
    put(&f, "bad.yaml", BAD);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check", "--format", "json", f.path), EXIT_BAD);
    assert_true(json_parse(f.out.data, f.out.length, &out, &why));
    assert_int_equal(json_get_int(out, "errors", -1), 1);
    json_free(out);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check", "--format", "sarif", f.path),
                     EXIT_BAD);
    assert_true(json_parse(f.out.data, f.out.length, &out, &why));
    assert_string_equal(json_get_text(out, "version", ""), "2.1.0");
    json_free(out);
    folder_done(&f);
}

TEST(check, knows_its_usage)
{
    UNUSED_STATE;
    struct folder f;
    folder_init(&f);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check"), EXIT_USAGE);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check", "--format", "xml", "x"), EXIT_USAGE);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check", "--help"), EXIT_GOOD);
    assert_int_equal(RUN_COMMAND(&f, command_check, "check", "/nowhere/at/all.yaml"), EXIT_BAD);
    folder_done(&f);
}

TEST(graph, draws_and_refuses)
{
    UNUSED_STATE;
    struct folder f;
    char good[256], bad[256];
    folder_init(&f);
    put(&f, "good.yaml", GOOD);
    put(&f, "bad.yaml", BAD);
    snprintf(good, sizeof good, "%s/good.yaml", f.path);
    snprintf(bad, sizeof bad, "%s/bad.yaml", f.path);
    assert_int_equal(RUN_COMMAND(&f, command_graph, "graph", "--format", "dot", good), EXIT_GOOD);
    assert_non_null(strstr(f.out.data, "digraph \"good\""));
    assert_int_equal(RUN_COMMAND(&f, command_graph, "graph", "--format", "mermaid", good),
                     EXIT_GOOD);
    assert_non_null(strstr(f.out.data, "flowchart TD"));
    assert_int_equal(RUN_COMMAND(&f, command_graph, "graph", bad), EXIT_BAD);
    assert_int_equal(RUN_COMMAND(&f, command_graph, "graph", "--format", "gif", good), EXIT_USAGE);
    folder_done(&f);
}

TEST(schema, is_json)
{
    UNUSED_STATE;
    struct folder f;
    struct fail why;
    json out;
    folder_init(&f);
    assert_int_equal(RUN_COMMAND(&f, command_schema, "schema"), EXIT_GOOD);
    assert_true(json_parse(f.out.data, f.out.length, &out, &why));
    assert_true(json_has(out, "$defs"));
    json_free(out);
    folder_done(&f);
}

RUN(CASE(check, says_nothing_of_a_good_workflow), CASE(check, searches_folders_for_workflows_only),
    CASE(check, prints_json_and_sarif), CASE(check, knows_its_usage),
    CASE(graph, draws_and_refuses), CASE(schema, is_json))
