#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "plugin/plugin.h"
#include "plugin/watchdog.h"
#include "test.h"

#define FIXTURES DURE_SOURCE_DIR "/tests/unit/plugin/fixtures"

struct counts {
    int passed, failed;
};

static void count_line(void *context, bool passed, const char *name, const char *detail)
{
    struct counts *counts = context;
    counts->passed += passed;
    counts->failed += !passed;
    if (!passed)
        print_error("not ok %s: %s\n", name, detail);
}

static struct plugins *load(const char *folder, struct diagnostics *diagnostics)
{
    struct fail why = {0};
    log_configure((enum log_level)(LOG_ERROR + 1), false); // kills are played on purpose
    struct plugin_limits limits = {.memory_bytes = 8 * 1024 * 1024, .cpu_ms = 300};
    struct plugins *p = plugins_new(&limits);
    bool good = plugins_load(p, folder, diagnostics, &why);
    if (!good || diagnostics->count > 0)
        print_error("%s %s\n", why.message,
                    diagnostics->count > 0 ? diagnostics->items[0].message : "");
    assert_true(good);
    return p;
}

static void play(const char *file, int passed)
{
    struct fail why = {0};
    struct counts counts = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct plugins *p = load(FIXTURES "/good", &diagnostics);
    assert_int_equal(diagnostics.count, 0);
    bool good = plugins_test(p, file, count_line, &counts, &why);
    if (!good)
        print_error("%s\n", why.message);
    assert_true(good);
    assert_int_equal(counts.failed, 0);
    assert_int_equal(counts.passed, passed);
    plugins_free(p);
    diagnostics_done(&diagnostics);
}

TEST(host, plays_the_tests_of_a_plugin)
{
    UNUSED_STATE;
    play(FIXTURES "/good/kit/kit_test.lua", 14);
}

TEST(host, offers_its_library)
{
    UNUSED_STATE;
    play(FIXTURES "/good/words/words_test.lua", 4);
}

TEST(host, lists_what_it_offers)
{
    UNUSED_STATE;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct plugins *p = load(FIXTURES "/good", &diagnostics);
    json list = plugins_list(p), name = json_path(list, "0.functions.0.name");
    assert_string_equal(json_text(name), "bad");
    const struct function_catalogue *c = &plugins_host(p)->catalogue;
    assert_non_null(c->find(c->context, "greet", "1.0.0"));
    assert_false(c->find(c->context, "greet", NULL)->waits);
    assert_null(c->find(c->context, "greet", "2.0.0"));
    assert_null(c->find(c->context, "nobody", NULL));
    json_free(name);
    json_free(list);
    plugins_free(p);
    diagnostics_done(&diagnostics);
}

// Which plugin is refused with which words.
static const char *const refusals[][2] = {
    {"syntax", "syntax/plugin.lua:"},
    {"binary", "attempt to load a binary chunk"},
    {"loop", "CPU"},
    {"notable", "returns a table"},
    {"misnamed", "not that of its folder"},
    {"noversion", "'version' is missing"},
    {"effects", "'effects' is one of"},
    {"nostart", "no 'start'"},
    {"schema", "no JSON Schema"},
    {"typo", "unknown member 'anwser'"},
    {"cycle", "requires itself"},
    {"outside", "own folder"},
    {"global", "'oops' would be a global"},
    {"early", "only while a handler runs"},
};

static const char *message_about(const struct diagnostics *diagnostics, const char *name)
{
    char folder[80];
    snprintf(folder, sizeof folder, "/bad/%s", name);
    for (size_t i = 0; i < diagnostics->count; i++)
        if (strstr(diagnostics->items[i].file, folder) != NULL)
            return diagnostics->items[i].message;
    return "(nothing)";
}

TEST(host, names_what_is_wrong_with_a_plugin)
{
    UNUSED_STATE;
    struct fail why = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct plugins *p = load(FIXTURES "/good", &diagnostics);
    assert_true(plugins_load(p, FIXTURES "/bad", &diagnostics, &why));
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *message = message_about(&diagnostics, refusals[i][0]);
        if (strstr(message, refusals[i][1]) == NULL)
            print_error("%s: %s\n", refusals[i][0], message);
        assert_non_null(strstr(message, refusals[i][1]));
    }
    assert_non_null(strstr(message_about(&diagnostics, "doubled"), "plugin 'kit' offers already"));
    // Nothing of them is offered, and what was there still is.
    json list = plugins_list(p);
    assert_int_equal(json_length(list), 2);
    json_free(list);
    plugins_free(p);
    diagnostics_done(&diagnostics);
}

static void write_plugin(const char *folder, const char *version, int answer)
{
    char path[300];
    snprintf(path, sizeof path, "%s/p/plugin.lua", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "return { name = 'p', version = '%s', functions = { f = { effects = 'pure', "
            "start = function() return %d end } } }\n",
            version, answer);
    fclose(f);
}

static int64_t answer_of(struct plugins *p, const char *version)
{
    struct function_host *host = plugins_host(p);
    struct step_call call = {.event = STEP_START,
                             .address = {"i", "/do/0/f", 1},
                             .task = "f",
                             .function = "f",
                             .version = version,
                             .input = json_object(),
                             .state = json_null(),
                             .name = "",
                             .payload = json_absent()};
    struct step_outcome out = {
        .value = json_absent(), .state = json_absent(), .reply = json_absent()};
    host->handle(host, NULL, &call, &out);
    int64_t answer = out.verdict == STEP_DONE ? json_int(out.value) : -1;
    json_free(out.value);
    json_free(out.state);
    json_free(out.reply);
    json_free(call.input);
    return answer;
}

TEST(host, keeps_the_version_of_running_steps)
{
    UNUSED_STATE;
    struct fail why = {0};
    struct diagnostics diagnostics;
    char folder[] = "plugins-XXXXXX", inner[40], path[60];
    diagnostics_init(&diagnostics);
    assert_non_null(mkdtemp(folder));
    snprintf(inner, sizeof inner, "%s/p", folder);
    snprintf(path, sizeof path, "%s/plugin.lua", inner);
    assert_int_equal(mkdir(inner, 0700), 0);
    write_plugin(folder, "1.0.0", 1);
    struct plugins *p = load(folder, &diagnostics);
    assert_int_equal(answer_of(p, NULL), 1);
    write_plugin(folder, "2.0.0", 2);
    assert_true(plugins_load(p, folder, &diagnostics, &why));
    assert_int_equal(answer_of(p, NULL), 2);
    assert_int_equal(answer_of(p, "1.0.0"), 1);
    assert_int_equal(answer_of(p, "3.0.0"), -1);
    // A text that does not load leaves the one that does.
    write_plugin(folder, "'", 3);
    assert_true(plugins_load(p, folder, &diagnostics, &why));
    assert_int_equal(diagnostics.count, 1);
    assert_int_equal(answer_of(p, NULL), 2);
    plugins_free(p);
    diagnostics_done(&diagnostics);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(folder), 0);
}

// The child is stuck where no hook looks; the watchdog ends it.
TEST(watchdog, ends_a_process_that_is_stuck)
{
    UNUSED_STATE;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        assert_non_null(freopen("/dev/null", "w", stderr));
        struct watchdog *w = watchdog_new(20);
        watchdog_enter(w, "p", "f");
        for (volatile bool forever = true; forever;)
            continue;
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

RUN(CASE(host, names_what_is_wrong_with_a_plugin), CASE(host, keeps_the_version_of_running_steps),
    CASE(watchdog, ends_a_process_that_is_stuck), CASE(host, plays_the_tests_of_a_plugin),
    CASE(host, offers_its_library), CASE(host, lists_what_it_offers))
