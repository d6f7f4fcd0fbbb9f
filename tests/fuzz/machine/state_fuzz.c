// States as they may come back from a damaged disk: the first byte picks a definition, the rest is
// the text of a state. It decodes, or says why not; what decodes says what it waits for, goes out
// and comes back the same, and can be cancelled.
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "machine/instance.h"
#include "machine/machine.h"

#define NOW_MS   INT64_C(1369370400000)
#define TEXT_MAX 20000
#define OUT_MAX  (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD "document: { dsl: 1.0.3, namespace: f, name: f, version: 1.0.0 }\n"
static const char *const texts[] = {
    HEAD "do: [ { nap: { wait: PT1H } }, { set: { set: { a: 1 } } } ]\n",
    HEAD "do:\n"
         "  - fork: { fork: { compete: true, branches: [ { a: { wait: PT1H } }, { b: { call: x } } "
         "] } }\n",
    HEAD "do:\n"
         "  - each:\n"
         "      for: { in: '${ .list }' }\n"
         "      do: [ { hear: { listen: { to: { any: [ { with: { type: a } }, { with: { type: b } "
         "} ] } } } } ]\n",
    HEAD "do:\n"
         "  - try:\n"
         "      try: [ { call: { call: http, with: { method: get, endpoint: 'http://h/' } } } ]\n"
         "      catch: { retry: { delay: PT1S, limit: { attempt: { count: 3 } } } }\n"
         "      timeout: { after: PT5M }\n",
    HEAD "do:\n"
         "  - run: { run: { workflow: { namespace: f, name: g, version: 1.0.0 } } }\n"
         "  - emit: { emit: { event: { with: { source: /a, type: b } } } }\n",
};
#define TEXTS (sizeof(texts) / sizeof(*texts))

static struct definition *definition_of(size_t which)
{
    static struct definition *made[TEXTS];
    if (!made[which]) {
        struct diagnostics diagnostics;
        diagnostics_init(&diagnostics);
        made[which] = definition_parse("f.yaml", texts[which], strlen(texts[which]),
                                       &(struct definition_opts){0}, &diagnostics);
        must_context(diagnostics.count ? diagnostics.items[0].message : "");
        must(made[which]);
        diagnostics_done(&diagnostics);
    }
    return made[which];
}

static void cancel(struct instance *i)
{
    struct random random;
    struct transition t;
    struct fail why = {0};
    random_seed(&random, 1);
    transition_init(&t);
    struct machine_world world = {
        .now_ms = NOW_MS, .random = &random, .secrets = json_absent(), .runtime = json_absent()};
    struct machine_input input = {.kind = INPUT_CANCEL, .value = json_absent()};
    if (!machine_step(i, &input, &world, &t, &why))
        must(why.message[0]);
    transition_done(&t);
}

static void look(struct instance *i, struct definition *d)
{
    struct fail why = {0};
    struct bytes said;
    bytes_init(&said, OUT_MAX);
    instance_waits_for(i, &said);
    bytes_done(&said);
    json_free(instance_waits(i));
    json_free(instance_task_states(i));
    json state = instance_encode(i);
    struct instance *again = instance_decode("I", d, state, &why);
    must(again);
    json second = instance_encode(again);
    must(json_equal(state, second));
    json_free(second);
    json_free(state);
    instance_free(again);
}

// The text as it lies: what is read from it is what its JSON says, and what is not JSON is refused,
// except that members that are none of the machine's may stand twice and values be a little deeper.
static void read_as_it_lies(const char *text, size_t bytes, struct definition *d)
{
    struct fail why = {0};
    json state;
    struct instance *i =
        instance_read(&(struct state_source){"I", d, text, bytes, NULL, NULL}, &why);
    if (!i) {
        must(why.message[0]);
        return;
    }
    if (json_parse_stored(text, bytes, &state, &why)) {
        struct instance *same = instance_decode("I", d, state, &why);
        must(same);
        json a = instance_encode(i), b = instance_encode(same);
        must(json_equal(a, b));
        json_free(a);
        json_free(b);
        json_free(state);
        instance_free(same);
    } else {
        must(strstr(why.message, "stands twice") || strstr(why.message, "nested"));
    }
    instance_free(i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > TEXT_MAX)
        return 0;
    struct definition *d = definition_of(data[0] % TEXTS);
    struct fail why = {0};
    json state;
    read_as_it_lies((const char *)data + 1, size - 1, d);
    if (!json_parse_stored((const char *)data + 1, size - 1, &state, &why))
        return 0;
    struct instance *i = instance_decode("I", d, state, &why);
    if (i) {
        look(i, d);
        cancel(i);
        instance_free(i);
    } else {
        must(why.message[0]);
    }
    json_free(state);
    return 0;
}
