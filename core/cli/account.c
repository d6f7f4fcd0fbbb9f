// dure account and dure token: who may log in, and with what programs come.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/operate.h"

#define PASSWORD_SIZE 1026

static const char account_usage[] =
    "usage: dure account add NAME --role ROLE[,ROLE] [--display TEXT] [--person ID]\n"
    "       dure account list [--json]\n"
    "       dure account role NAME --role ROLE[,ROLE]\n"
    "       dure account password NAME\n"
    "       dure account disable NAME | enable NAME\n"
    "Roles: admin, author, operator, auditor, viewer. The password is asked for at the terminal, "
    "or "
    "read\nfrom the first line of standard input; it is never an argument. All take --server URL "
    "or "
    "--data DIR;\nwith --data the first account can be made before the server runs.\n";
static const char token_usage[] =
    "usage: dure token create --name TEXT --role ROLE | --scope PERMISSIONS [--expires P90D]\n"
    "       dure token list [--json]\n"
    "       dure token revoke ID|NAME\n"
    "Permissions: view, author, start, operate, people, audit, admin. The token is printed once. "
    "All take\n--server URL or --data DIR.\n";

struct given {
    const char *command; // account or token
    struct remote_opts target;
    const char *roles, *display, *person, *name, *scope, *expires;
    bool as_json;
    const char *verb, *word;
    struct remote *t;
};

// ---- the password

static bool read_line(FILE *in, char out[PASSWORD_SIZE])
{
    if (!fgets(out, PASSWORD_SIZE, in))
        return false;
    out[strcspn(out, "\r\n")] = 0;
    return true;
}

// Whoever breaks off at the prompt gets a terminal back that shows what he types.
static struct termios terminal;

static void on_break(int signal_number)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void hide_typing(void)
{
    struct termios hidden = terminal;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    signal(SIGINT, on_break);
    signal(SIGTERM, on_break);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
}

static void show_typing(void)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

// At the terminal without showing it, twice.
static bool ask_password(char out[PASSWORD_SIZE], struct fail *why)
{
    char again[PASSWORD_SIZE] = "";
    bool is_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
    if (!is_terminal)
        return read_line(stdin, out) ||
               fail(why, FAIL_INVALID, "the password is read from standard input, which is empty");
    hide_typing();
    fputs("password: ", stderr);
    bool read = read_line(stdin, out);
    fputs("\nagain: ", stderr);
    read = read && read_line(stdin, again);
    fputs("\n", stderr);
    show_typing();
    bool same = read && strcmp(out, again) == 0;
    explicit_bzero(again, sizeof again);
    return same || fail(why, FAIL_INVALID, "the two passwords are not the same");
}

// ---- asking

static int post(struct given *g, const char *path, json body, json *answer)
{
    struct fail why = {0};
    *answer = json_absent();
    if (remote_ask(g->t, &(struct remote_request){.method = "POST", .path = path, .body = body},
                   answer, &why))
        return EXIT_GOOD;
    return operate_refused(g->command, &why);
}

static json roles_of(const char *text)
{
    json list = json_array();
    for (const char *at = text; *at;) {
        size_t bytes = strcspn(at, ", ");
        if (bytes > 0)
            json_append_take(&list, json_string_sized(at, bytes));
        at += bytes + (at[bytes] != 0);
    }
    return list;
}

static int change_account(struct given *g, const char *path, bool asks_password)
{
    char password[PASSWORD_SIZE] = "";
    struct fail why = {0};
    json body = json_object(), answer;
    if (strcmp(g->verb, "add") == 0)
        json_set_text(&body, "name", g->word);
    if (g->roles)
        json_set_take(&body, "roles", roles_of(g->roles));
    if (g->display)
        json_set_text(&body, "display", g->display);
    if (g->person)
        json_set_text(&body, "person", g->person);
    if (strcmp(g->verb, "disable") == 0 || strcmp(g->verb, "enable") == 0)
        json_set_text(&body, "status", strcmp(g->verb, "enable") == 0 ? "active" : "disabled");
    int code = EXIT_GOOD;
    if (asks_password && !ask_password(password, &why))
        code = operate_refused("account", &why);
    else if (asks_password)
        json_set_text(&body, "password", password);
    explicit_bzero(password, sizeof password);
    if (code == EXIT_GOOD) {
        code = post(g, path, body, &answer);
        if (code == EXIT_GOOD && g->as_json)
            cli_print_json(answer);
        else if (code == EXIT_GOOD)
            printf("%s: %s\n", json_get_text(answer, "name", ""),
                   json_get_text(answer, "status", ""));
        json_free(answer);
    }
    json_free(body);
    return code;
}

static int print_list(struct given *g, const char *path, const char *const *keys)
{
    struct fail why = {0};
    json page = json_absent();
    if (!remote_get(g->t, &page, &why, "%s", path)) {
        json_free(page);
        return operate_refused(g->command, &why);
    }
    json items = json_get(page, "items");
    if (g->as_json)
        cli_print_json(page);
    for (size_t i = 0; !g->as_json && i < json_length(items); i++) {
        json one = json_at(items, i);
        for (size_t k = 0; keys[k]; k++) {
            json value = json_get(one, keys[k]);
            char *text = json_is_string(value)   ? mem_string(json_text(value))
                         : json_is_absent(value) ? mem_string("-")
                                                 : json_dump(value);
            printf("%s%s", k > 0 ? "  " : "", text);
            mem_free(text);
            json_free(value);
        }
        putchar('\n');
        json_free(one);
    }
    json_free(items);
    json_free(page);
    return EXIT_GOOD;
}

static int account(struct given *g)
{
    static const char *const keys[] = {"name", "display", "roles", "status", "lastLogin", NULL};
    if (strcmp(g->verb, "list") == 0)
        return print_list(g, "/api/v1/accounts", keys);
    bool adds = strcmp(g->verb, "add") == 0;
    char *path =
        adds ? mem_string("/api/v1/accounts") : operate_path("/api/v1/accounts/", g->word, "");
    int code = change_account(g, path, adds || strcmp(g->verb, "password") == 0);
    mem_free(path);
    return code;
}

static int token(struct given *g)
{
    static const char *const keys[] = {"id",        "name",   "scope", "status",
                                       "expiresAt", "usedAt", NULL};
    if (strcmp(g->verb, "list") == 0)
        return print_list(g, "/api/v1/tokens", keys);
    json body = json_object(), answer;
    char *path = mem_string("/api/v1/tokens");
    if (strcmp(g->verb, "revoke") == 0) {
        mem_free(path);
        path = operate_path("/api/v1/tokens/", g->word, "/revoke");
    } else {
        json_set_text(&body, "name", g->name);
        json_set_text(&body, "scope", g->scope ? g->scope : g->roles);
        if (g->expires)
            json_set_text(&body, "expires", g->expires);
    }
    int code = post(g, path, body, &answer);
    if (code == EXIT_GOOD && g->as_json)
        cli_print_json(answer);
    else if (code == EXIT_GOOD)
        puts(json_get_text(answer, "token", "revoked"));
    json_free(answer);
    json_free(body);
    mem_free(path);
    return code;
}

// ---- what was typed

static const char **text_option(struct given *g, int letter)
{
    switch (letter) {
    case 's':
        return &g->target.server;
    case 'd':
        return &g->target.data;
    case 'r':
        return &g->roles;
    case 'D':
        return &g->display;
    case 'P':
        return &g->person;
    case 'n':
        return &g->name;
    case 'S':
        return &g->scope;
    case 'e':
        return &g->expires;
    default:
        return NULL;
    }
}

static bool is_one_of(const char *word, const char *list)
{
    const char *at = strstr(list, word);
    size_t bytes = strlen(word);
    return at && bytes > 0 && (at == list || at[-1] == ' ') && (!at[bytes] || at[bytes] == ' ');
}

// What is missing, or NULL.
static const char *missing(const struct given *g, bool is_token, int words)
{
    bool lists = strcmp(g->verb, "list") == 0, creates = strcmp(g->verb, "create") == 0;
    if (words != (lists || creates ? 1 : 2))
        return "give one name after the verb";
    if (creates && (!g->name || !!g->roles == !!g->scope))
        return "a token needs --name, and --role or --scope";
    if (!is_token && is_one_of(g->verb, "add role") && !g->roles)
        return "name the roles with --role";
    return NULL;
}

static int run(int argc, char **argv, const char *usage, bool is_token)
{
    static const struct option options[] = {{"server", required_argument, NULL, 's'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"role", required_argument, NULL, 'r'},
                                            {"display", required_argument, NULL, 'D'},
                                            {"person", required_argument, NULL, 'P'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"scope", required_argument, NULL, 'S'},
                                            {"expires", required_argument, NULL, 'e'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct given g = {.command = argv[0], .verb = ""};
    struct fail why = {0};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        const char **text = text_option(&g, c);
        if (c == 'h') {
            fputs(usage, stdout);
            return EXIT_GOOD;
        }
        if (c == '?')
            return cli_wrong_option(usage, argv, options);
        if (text)
            *text = optarg;
        else
            g.as_json = true;
    }
    int words = argc - optind;
    g.verb = words > 0 ? argv[optind] : "";
    g.word = words > 1 ? argv[optind + 1] : "";
    if (!is_one_of(g.verb,
                   is_token ? "create list revoke" : "add list role password disable enable"))
        return *g.verb ? cli_usage(usage, "%s has no '%s'", argv[0], g.verb)
                       : cli_usage(usage, "%s needs one of: %s", argv[0],
                                   is_token ? "create, list, revoke"
                                            : "add, list, role, password, disable, enable");
    if (missing(&g, is_token, words))
        return cli_usage(usage, "%s", missing(&g, is_token, words));
    g.target.may_create = strcmp(g.verb, "add") == 0;
    if (!(g.t = remote_open(&g.target, &why)))
        return operate_refused(argv[0], &why);
    int code = is_token ? token(&g) : account(&g);
    remote_close(g.t);
    return code;
}

int command_account(int argc, char **argv)
{
    return run(argc, argv, account_usage, false);
}

int command_token(int argc, char **argv)
{
    return run(argc, argv, token_usage, true);
}
