// Crashes at each commit: a scenario runs once undisturbed; then, for every k, it runs in a new
// world that loses power as soon as commit k is durable, goes on from its disk, and must end the
// same. The script's own acts are repeated when their commit was lost, as a client would.
#include "world.h"

#define RUNS_MAX 200

struct scenario {
    const char *name;
    void (*deploy)(struct world *w);
    int acts;
    void (*act)(struct world *w, int which, const struct id *id); // idempotent by what it says
    const char *input;
    size_t turn_inputs, seal_inputs;
};

struct run {
    struct world w;
    const struct scenario *scenario;
    struct id id;
    uint64_t crash_at; // commits from the start of this world; 0: never
    uint64_t commits;  // of the engines before
    int acted;
    bool started;
};

static uint64_t commits_so_far(const struct run *r)
{
    return r->commits + store_figures(r->w.store).commits;
}

static bool is_there(struct run *r)
{
    struct fail why = {0};
    json shown = engine_show(r->w.engine, r->id.text, &why);
    bool there = !json_is_absent(shown);
    json_free(shown);
    return there;
}

static void crash(struct run *r)
{
    r->commits = commits_so_far(r);
    r->crash_at = 0;
    world_crash(&r->w);
    // A client that got no answer asks again.
    struct fail why = {0};
    if (!engine_definition(r->w.engine, &(struct definition_ref){"t", r->scenario->name, NULL},
                           &why))
        r->scenario->deploy(&r->w);
    if (r->started && !is_there(r))
        r->id = world_start(&r->w, r->scenario->name, r->scenario->input);
    for (int i = 0; i < r->acted; i++)
        r->scenario->act(&r->w, i, &r->id);
}

// One turn at a time, so that power can go right behind any commit.
static void settle(struct run *r)
{
    for (int i = 0; i < 10000; i++) {
        bool more = engine_turn(r->w.engine);
        if (r->crash_at > 0 && commits_so_far(r) >= r->crash_at) {
            crash(r); // before the acknowledgement was heard
            continue;
        }
        engine_poll(r->w.engine);
        if (!more && engine_is_idle(r->w.engine))
            return;
    }
    fail_msg("%s does not settle", r->scenario->name);
}

static void pass(struct run *r, int64_t ms)
{
    int64_t until = r->w.port.now_ms + ms;
    settle(r);
    for (int64_t due = engine_next_due_ms(r->w.engine); due != INSTANT_NONE && due <= until;
         due = engine_next_due_ms(r->w.engine)) {
        if (due > r->w.port.now_ms)
            r->w.port.now_ms = due;
        settle(r);
    }
    r->w.port.now_ms = until;
    settle(r);
}

// Returns the final state as text; *commits: how many it took.
static char *run_scenario(const struct scenario *s, uint64_t crash_at, uint64_t *commits)
{
    struct run r = {.scenario = s, .crash_at = crash_at};
    world_init(&r.w);
    r.w.turn_inputs = s->turn_inputs;
    r.w.seal_inputs = s->seal_inputs;
    r.w.answer_at_once = true;
    world_crash(&r.w);
    r.commits = 0;
    s->deploy(&r.w);
    settle(&r);
    r.id = world_start(&r.w, s->name, s->input);
    r.started = true;
    settle(&r);
    while (r.acted < s->acts) {
        s->act(&r.w, r.acted++, &r.id);
        settle(&r);
    }
    pass(&r, INT64_C(30) * 86400000);
    world_verify(&r.w);
    *commits = commits_so_far(&r);
    char *out = mem_printf("%s %s", world_shown(&r.w, r.id.text, "status"),
                           world_shown(&r.w, r.id.text, "output"));
    world_done(&r.w);
    return out;
}

static void try_all(const struct scenario *s, const char *wanted)
{
    uint64_t commits, ignored;
    char *undisturbed = run_scenario(s, 0, &commits);
    assert_string_equal(undisturbed, wanted);
    assert_true(commits > 0 && commits < RUNS_MAX);
    for (uint64_t k = 1; k <= commits; k++) {
        char *disturbed = run_scenario(s, k, &ignored);
        if (strcmp(disturbed, undisturbed) != 0)
            fail_msg("%s with a crash after commit %d: %s", s->name, (int)k, disturbed);
        mem_free(disturbed);
    }
    mem_free(undisturbed);
}

static void deploy_mixed(struct world *w)
{
    world_deploy(w, "helper",
                 "do:\n  - nap: { wait: PT10M }\n"
                 "  - d: { call: double, with: { n: '${ $workflow.input.n }' } }\n");
    world_deploy(
        w, "mixed",
        "do:\n"
        "  - d: { call: double, with: { n: 3 } }\n"
        "  - w: { wait: PT1H }\n"
        "  - both:\n"
        "      fork:\n"
        "        branches:\n"
        "          - ring: { call: alarm, with: {} }\n"
        "          - sub: { run: { workflow: { namespace: t, name: helper, version: 1.0.0, "
        "input: { n: 21 } } } }\n"
        "          - http: { call: http, with: { method: GET, endpoint: "
        "'http://127.0.0.1/' } }\n"
        "  - got: { listen: { to: { one: { with: { type: go } } } } }\n");
}

static void act_mixed(struct world *w, int which, const struct id *id)
{
    (void)id;
    world_event(w, which == 0 ? "go" : "stop", which == 0 ? "1" : "2", "{\"gone\": true}");
}

TEST(crash, leaves_a_mixed_workflow_as_it_was)
{
    UNUSED_STATE;
    const struct scenario s = {
        .name = "mixed", .deploy = deploy_mixed, .acts = 2, .act = act_mixed, .input = "{}"};
    try_all(&s, "completed [{\"gone\":true}]");
}

// Seals with work left over, so that inboxes go to the disk and come back.
TEST(crash, keeps_what_a_turn_had_left_over)
{
    UNUSED_STATE;
    const struct scenario s = {.name = "mixed",
                               .deploy = deploy_mixed,
                               .acts = 2,
                               .act = act_mixed,
                               .input = "{}",
                               .turn_inputs = 1,
                               .seal_inputs = 1};
    try_all(&s, "completed [{\"gone\":true}]");
}

static void deploy_steps(struct world *w)
{
    world_deploy(
        w, "steps",
        "do:\n"
        "  - f: { for: { each: n, in: '${ [1, 2, 3, 4, 5] }' }, do: [ { d: { call: double, "
        "with: { n: '${ $n }' } } } ] }\n"
        "  - g: { call: fetch, with: { n: 1 } }\n"
        "  - r: { call: alarm, with: {} }\n");
}

static void act_nothing(struct world *w, int which, const struct id *id)
{
    (void)w;
    (void)which;
    (void)id;
}

TEST(crash, goes_on_in_the_middle_of_a_loop)
{
    UNUSED_STATE;
    const struct scenario s = {.name = "steps",
                               .deploy = deploy_steps,
                               .act = act_nothing,
                               .input = "{}",
                               .turn_inputs = 1,
                               .seal_inputs = 1};
    // The effect of `fetch` may happen once; where the crash hides whether it did, a person says.
    uint64_t commits, ignored;
    char *undisturbed = run_scenario(&s, 0, &commits);
    assert_string_equal(undisturbed, "completed ring");
    for (uint64_t k = 1; k <= commits; k++) {
        char *disturbed = run_scenario(&s, k, &ignored);
        assert_true(strcmp(disturbed, undisturbed) == 0 || strncmp(disturbed, "waiting", 7) == 0);
        mem_free(disturbed);
    }
    mem_free(undisturbed);
}

RUN(CASE(crash, leaves_a_mixed_workflow_as_it_was), CASE(crash, keeps_what_a_turn_had_left_over),
    CASE(crash, goes_on_in_the_middle_of_a_loop))
