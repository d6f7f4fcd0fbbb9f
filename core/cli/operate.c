// dure list, show, start, send, answer, remind, cancel … migrate, why: an operator's
// hands on a server, running or stopped.
#include "cli/operate.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"

#define WAIT_MAX_S 60 // as the API has it

static const char shared[] =
    "  --server URL   the running server ($DURE_SERVER, http://127.0.0.1:8080)\n"
    "  --data DIR     a stopped server's data directory instead\n"
    "  --json         print JSON\n"
    "the server's token comes from the environment: DURE_TOKEN\n";

static const struct verb {
    const char *name, *usage;
    operate_action *run;
    int words_least, words_most;
} verbs[] = {
    {"list",
     "usage: dure list [instances|definitions|items|people|incidents|acts] [--status S] "
     "[--definition "
     "NS/NAME]\n"
     "                 [--instance ID] [--as PERSON] [--limit N]\n",
     operate_list, 0, 1},
    {"show",
     "usage: dure show ID [--history] [--get PATH]\n  --get PATH     print one member, text as it "
     "is: output.lists.0.csv\n",
     operate_show, 1, 1},
    {"start",
     "usage: dure start NS/NAME[:VERSION] [--input JSON|@FILE] [--wait SECONDS] [--key KEY]\n",
     operate_start, 1, 1},
    {"send", "usage: dure send TYPE|EVENT-JSON|@FILE [--input DATA] [--source URI] [--id ID]\n",
     operate_send, 1, 1},
    {"answer",
     "usage: dure answer ITEM --input JSON|@FILE [--as PERSON] [--key KEY] [--receipt R] "
     "[--withdraw]\n"
     "                   [--delegate PERSON] [--recuse REASON]\n"
     "       dure answer --instance ID --task TASK …\n",
     operate_answer, 0, 1},
    {"remind",
     "usage: dure remind ID [--task TASK] [--key KEY]\n  mails those who have not answered an open "
     "step, each once an hour at most\n",
     operate_remind, 1, 1},
    {"cancel", "usage: dure cancel ID… | --status S --definition NS/NAME [--yes] [--reason TEXT]\n",
     NULL, 0, WORDS_MAX},
    {"pause", "usage: dure pause ID… | --status S --definition NS/NAME [--yes] [--reason TEXT]\n",
     NULL, 0, WORDS_MAX},
    {"resume", "usage: dure resume ID… | --status S --definition NS/NAME [--yes] [--reason TEXT]\n",
     NULL, 0, WORDS_MAX},
    {"retry", "usage: dure retry ID… | --status S --definition NS/NAME [--yes] [--reason TEXT]\n",
     NULL, 0, WORDS_MAX},
    {"repair",
     "usage: dure repair ID… | --status S --definition NS/NAME --outcome done|failed|retry "
     "[--yes]\n"
     "                   [--effect PATH] [--input JSON|@FILE]\n"
     "says what became of an effect (a call, a mail) that a crash left unknown\n"
     "  --outcome      it has happened, it has failed, or it is to be tried again\n"
     "  --effect       the path of its task, where several are unknown\n"
     "  --input        what it gave: the task's output (done) or the error (failed)\n",
     NULL, 0, WORDS_MAX},
    {"migrate",
     "usage: dure migrate ID… | --status S --definition NS/NAME [--to VERSION] [--yes] [--reason "
     "TEXT]\n"
     "lets open or faulted instances go on by another version of their definition, the latest "
     "where\n"
     "none is said; what has begun must have the same place there, what follows may be anything\n",
     NULL, 0, WORDS_MAX},
    {"why", "usage: dure why EVENT-ID [--source URI]\n", operate_why, 1, 1},
};

int operate_refused(const char *command, const struct fail *why)
{
    fprintf(stderr, "dure %s: %s", command, why->message);
    if (why->code[0])
        fprintf(stderr, " (%s)", why->code);
    fputc('\n', stderr);
    return EXIT_BAD;
}

char *operate_path(const char *before, const char *word, const char *after)
{
    struct bytes path;
    bytes_init(&path, 1 << 20);
    bytes_add(&path, before);
    remote_escape(&path, word);
    bytes_add(&path, after);
    char *text = mem_string(path.data);
    bytes_done(&path);
    return text;
}

bool operate_definition(const char *text, json *out, struct fail *why)
{
    const char *slash = strchr(text, '/');
    if (!slash || slash == text || !slash[1])
        return fail(why, FAIL_INVALID,
                    "'%s' is no definition; write NAMESPACE/NAME or NAMESPACE/NAME:VERSION", text);
    const char *colon = strchr(slash, ':');
    size_t name_length = colon ? (size_t)(colon - slash - 1) : strlen(slash + 1);
    *out = json_object();
    json_set_take(out, "namespace", json_string_sized(text, (size_t)(slash - text)));
    json_set_take(out, "name", json_string_sized(slash + 1, name_length));
    if (colon && colon[1])
        json_set_text(out, "version", colon + 1);
    return true;
}

static const struct option options[] = {{"server", required_argument, NULL, 's'},
                                        {"data", required_argument, NULL, 'd'},
                                        {"plugins", required_argument, NULL, 'p'},
                                        {"input", required_argument, NULL, 'i'},
                                        {"key", required_argument, NULL, 'k'},
                                        {"status", required_argument, NULL, 'S'},
                                        {"definition", required_argument, NULL, 'D'},
                                        {"task", required_argument, NULL, 't'},
                                        {"as", required_argument, NULL, 'a'},
                                        {"receipt", required_argument, NULL, 'r'},
                                        {"delegate", required_argument, NULL, 'g'},
                                        {"recuse", required_argument, NULL, 'R'},
                                        {"instance", required_argument, NULL, 'I'},
                                        {"source", required_argument, NULL, 'o'},
                                        {"id", required_argument, NULL, 'x'},
                                        {"reason", required_argument, NULL, 'z'},
                                        {"to", required_argument, NULL, 'v'},
                                        {"outcome", required_argument, NULL, 'O'},
                                        {"effect", required_argument, NULL, 'e'},
                                        {"get", required_argument, NULL, 'G'},
                                        {"limit", required_argument, NULL, 'l'},
                                        {"wait", required_argument, NULL, 'w'},
                                        {"json", no_argument, NULL, 'j'},
                                        {"yes", no_argument, NULL, 'y'},
                                        {"withdraw", no_argument, NULL, 'W'},
                                        {"history", no_argument, NULL, 'H'},
                                        {"help", no_argument, NULL, 'h'},
                                        {0}};

// The text option that this letter sets, or NULL.
static const char **text_option(struct operate *o, int letter)
{
    switch (letter) {
    case 's':
        return &o->target.server;
    case 'd':
        return &o->target.data;
    case 'p':
        return &o->target.plugins;
    case 'i':
        return &o->input;
    case 'k':
        return &o->key;
    case 'S':
        return &o->status;
    case 'D':
        return &o->definition;
    case 't':
        return &o->task;
    case 'a':
        return &o->as;
    case 'r':
        return &o->receipt;
    case 'g':
        return &o->delegate;
    case 'R':
        return &o->recuse;
    case 'I':
        return &o->instance;
    case 'o':
        return &o->source;
    case 'x':
        return &o->id;
    case 'z':
        return &o->reason;
    case 'v':
        return &o->version;
    case 'O':
        return &o->outcome;
    case 'e':
        return &o->effect;
    case 'G':
        return &o->get;
    default:
        return NULL;
    }
}

static bool parse(struct operate *o, int argc, char **argv, struct fail *why)
{
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        const char **text = text_option(o, c);
        if (text)
            *text = optarg;
        else if (c == 'l' && !cli_number("--limit", optarg, 1, LIMIT_PAGE_ROWS, &o->limit, why))
            return false;
        else if (c == 'w' && !cli_number("--wait", optarg, 0, WAIT_MAX_S, &o->wait_s, why))
            return false;
        else if (c == 'j')
            o->json = true;
        else if (c == 'y')
            o->yes = true;
        else if (c == 'W')
            o->withdraw = true;
        else if (c == 'H')
            o->history = true;
        else if (c == '?')
            return false;
    }
    while (optind < argc && o->word_count < WORDS_MAX)
        o->words[o->word_count++] = argv[optind++];
    return optind == argc || fail(why, FAIL_LIMIT, "%d at once at most", WORDS_MAX);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int command_operate(int argc, char **argv)
{
    struct operate o = {.limit = 50};
    struct fail why = {0};
    const struct verb *verb = verbs;
    while (strcmp(verb->name, argv[0]) != 0)
        verb++;
    if (wants_help(argc, argv)) {
        printf("%s%s", verb->usage, shared);
        return EXIT_GOOD;
    }
    if (!parse(&o, argc, argv, &why))
        return why.message[0] ? cli_usage(verb->usage, "%s", why.message)
                              : cli_wrong_option(verb->usage, argv, options);
    if (o.word_count > verb->words_most)
        return cli_usage(verb->usage, "%s takes no '%s'", verb->name, o.words[verb->words_most]);
    if (o.word_count < verb->words_least)
        return cli_usage(verb->usage, "%s needs to know which one", verb->name);
    o.t = remote_open(&o.target, &why);
    if (!o.t)
        return operate_refused(verb->name, &why);
    int code = verb->run ? verb->run(&o) : operate_change(&o, verb->name);
    remote_close(o.t);
    return code;
}
