// Crashes at each commit: a scenario runs once undisturbed; then, for every k, it runs in new
// worlds that lose power at commit k (before it is durable, when it is but nobody heard, when all
// has heard), goes on from its disk, and must end the same. The script's own acts are repeated, as
// a client would that got no answer.
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

enum moment { LOST, UNHEARD, HEARD, MOMENTS };

struct run {
    struct world w;
    enum moment moment;
    const struct scenario *scenario;
    struct id id;
    uint64_t crash_at; // the commit; 0: never
    uint64_t commits;
    int acted;
    bool started;
};

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
    r->crash_at = 0;
    memory_disk_faults(r->w.disk)->crash_applies_held = r->moment == UNHEARD;
    world_crash(&r->w);
    memory_disk_faults(r->w.disk)->hold = 0;
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

// The disk is held during the turn, so that power can go between seal and acknowledgement.
static void settle(struct run *r)
{
    struct memory_faults *faults = memory_disk_faults(r->w.disk);
    for (int i = 0; i < 10000; i++) {
        faults->hold = 1;
        bool more = engine_turn(r->w.engine);
        bool sealed = store_in_flight(r->w.store) > 0, now = false;
        r->commits += sealed;
        now = sealed && r->commits == r->crash_at;
        if (now && r->moment != HEARD) {
            crash(r);
            continue;
        }
        faults->hold = 0;
        engine_poll(r->w.engine);
        if (now)
            crash(r);
        else if (!more && engine_is_idle(r->w.engine))
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
static char *run_scenario(const struct scenario *s, uint64_t crash_at, enum moment moment,
                          uint64_t *commits)
{
    struct run r = {.scenario = s, .crash_at = crash_at, .moment = moment};
    world_init(&r.w);
    r.w.turn_inputs = s->turn_inputs;
    r.w.seal_inputs = s->seal_inputs;
    r.w.answer_at_once = true;
    world_crash(&r.w);
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
    assert_true(r.crash_at == 0); // it did crash
    *commits = r.commits;
    char *out = mem_printf("%s %s", world_shown(&r.w, r.id.text, "status"),
                           world_shown(&r.w, r.id.text, "output"));
    world_done(&r.w);
    return out;
}

static void try_all(const struct scenario *s, const char *wanted)
{
    uint64_t commits, ignored;
    char *undisturbed = run_scenario(s, 0, LOST, &commits);
    assert_string_equal(undisturbed, wanted);
    assert_true(commits > 0 && commits < RUNS_MAX);
    for (uint64_t k = 0; k < commits * MOMENTS; k++) {
        char *disturbed = run_scenario(s, k / MOMENTS + 1, (enum moment)(k % MOMENTS), &ignored);
        if (strcmp(disturbed, undisturbed) != 0)
            fail_msg("%s with a crash at commit %d, moment %d: %s", s->name, (int)(k / MOMENTS + 1),
                     (int)(k % MOMENTS), disturbed);
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
    char *undisturbed = run_scenario(&s, 0, LOST, &commits);
    assert_string_equal(undisturbed, "completed ring");
    for (uint64_t k = 0; k < commits * MOMENTS; k++) {
        char *disturbed = run_scenario(&s, k / MOMENTS + 1, (enum moment)(k % MOMENTS), &ignored);
        assert_true(strcmp(disturbed, undisturbed) == 0 || strncmp(disturbed, "waiting", 7) == 0);
        mem_free(disturbed);
    }
    mem_free(undisturbed);
}

RUN(CASE(crash, leaves_a_mixed_workflow_as_it_was), CASE(crash, keeps_what_a_turn_had_left_over),
    CASE(crash, goes_on_in_the_middle_of_a_loop))
