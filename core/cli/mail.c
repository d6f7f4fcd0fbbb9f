// dure mail: the templates of a workflow as they will be sent, and what mail servers give back.
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/remote.h"
#include "definition/mail_template.h"
#include "net/dsn.h"
#include "people/mail_sample.h"

static const char usage[] =
    "usage: dure mail preview FILE [--template NAME] [--language ko|en] [--values JSON|@FILE]\n"
    "                         [--subject TEXT] [--as PERSON [--server URL | --data DIR]]\n"
    "                         [--plugins DIR] [--json]\n"
    "       dure mail bounce [FILE] [--server URL | --data DIR]\n"
    "preview shows the templates of a workflow as they will be sent, in both languages; a place "
    "without a\n"
    "value shows its [name]. --as: as the person with this id in the directory gets them, in the "
    "language and\n"
    "with the values of that person and a link that leads nowhere. bounce hands a mail that came "
    "back (standard input, as a mail server "
    "pipes it)\n"
    "to Dure, which finds whose it was. Exit code 1: it is no bounce of a mail that Dure has "
    "sent.\n";

struct wish {
    const char *template, *language, *subject, *values, *plugins, *as;
    struct remote_opts remote;
    bool json;
};

// ---- preview

static void print_letter(const char *name, json letter)
{
    const char *html = json_get_text(letter, "html", NULL);
    printf("== %s (%s)\nSubject: %s\n\n%s\n", name, json_get_text(letter, "language", ""),
           json_get_text(letter, "subject", ""), json_get_text(letter, "text", ""));
    if (html)
        printf("-- HTML\n%s\n", html);
}

static bool show_one(const struct wish *wish, const char *name, json template, const char *language,
                     json values, json *shown, struct fail *why)
{
    struct mail_template_use use = {.language = language,
                                    .values = values,
                                    .subject = wish->subject,
                                    .missing = PLACEHOLDER_SHOWN};
    json letter, part = json_get(template, language);
    if (!use.subject && !json_has(part, "subject"))
        use.subject = "[subject]";
    json_free(part);
    bool good = mail_template_fill(template, &use, &letter, why);
    json_set_text(&letter, "template", name);
    if (good && !wish->json)
        print_letter(name, letter);
    json_append_take(shown, letter);
    return good;
}

static bool show_languages(const struct wish *wish, const char *name, json template, json values,
                           json *shown, struct fail *why)
{
    static const char *const languages[] = {"ko", "en"};
    bool good = true;
    const char *only = wish->as && wish->language ? mail_template_language(template, wish->language)
                                                  : wish->language;
    for (size_t i = 0; good && i < 2; i++)
        if (only ? strcmp(only, languages[i]) == 0 : json_has(template, languages[i]))
            good = show_one(wish, name, template, languages[i], values, shown, why);
    return good;
}

static bool show_named(const struct wish *wish, json metadata, json values, json *shown,
                       struct fail *why)
{
    json template = mail_template_find(metadata, wish->template);
    bool good = json_is_object(template);
    if (good) {
        good = show_languages(wish, wish->template, template, values, shown, why);
    } else {
        char *near = mail_template_nearest(metadata, wish->template);
        fail(why, FAIL_NOT_FOUND, "there is no template '%s'%s%s%s", wish->template,
             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        mem_free(near);
    }
    json_free(template);
    return good;
}

// The workflow's own; the house's only where they are named.
static bool show_all(const struct wish *wish, json metadata, json values, json *shown,
                     struct fail *why)
{
    json own = json_get(metadata, "templates"), template;
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    bool good =
        json_length(own) > 0 || fail(why, FAIL_NOT_FOUND,
                                     "this workflow has no templates of its own; name one of "
                                     "the house with --template");
    while (good && json_next(own, &cursor, &name, &template))
        good = show_languages(wish, name, template, values, shown, why);
    json_cursor_done(&cursor);
    json_free(own);
    return good;
}

// The person's own values over those given, and his language unless one was named.
static bool take_person(struct wish *wish, json *values, struct fail *why)
{
    if (!wish->as)
        return true;
    struct remote *t = remote_open(&wish->remote, why);
    struct bytes id;
    bytes_init(&id, 4096);
    remote_escape(&id, wish->as);
    json person = json_absent();
    bool good = t && remote_get(t, &person, why, "/api/v1/people/%s", id.data);
    if (good) {
        json_swap_take(values, mail_sample_values(person, remote_base(t), *values));
        bool english = strcmp(json_get_text(person, "language", "ko"), "en") == 0;
        if (!wish->language)
            wish->language = english ? "en" : "ko";
    }
    json_free(person);
    bytes_done(&id);
    remote_close(t);
    return good;
}

static int preview(struct wish *wish, const char *file)
{
    struct fail why = {0};
    json values = json_absent(), shown = json_array();
    struct definition *d = NULL;
    bool good = cli_value(wish->values, &values, &why) && take_person(wish, &values, &why) &&
                (d = cli_definition(file, cli_functions(wish->plugins), &why)) != NULL;
    if (good)
        good = wish->template ? show_named(wish, d->metadata, values, &shown, &why)
                              : show_all(wish, d->metadata, values, &shown, &why);
    if (good && wish->json)
        cli_print_json(shown);
    if (!good)
        cli_print_fail("mail", &why);
    definition_unref(d);
    json_free(shown);
    json_free(values);
    return good ? EXIT_GOOD : EXIT_BAD;
}

// ---- bounce

static int bounce(const struct wish *wish, const char *file)
{
    struct bytes text;
    struct fail why = {0};
    json answer = json_absent();
    struct remote *t = NULL;
    bytes_init(&text, DSN_BYTES_MAX);
    bool good = cli_read_file(file, &text, &why) && (t = remote_open(&wish->remote, &why)) != NULL;
    struct remote_request request = {.method = "POST",
                                     .path = "/api/v1/mail/bounces",
                                     .type = "message/rfc822",
                                     .text = text.data,
                                     .text_bytes = text.length};
    good = good && remote_ask(t, &request, &answer, &why);
    if (good)
        cli_print_json(answer);
    else
        cli_print_fail("mail", &why);
    json_free(answer);
    remote_close(t);
    bytes_done(&text);
    return good ? EXIT_GOOD : EXIT_BAD;
}

// ---- the command

static bool take_option(struct wish *wish, int option)
{
    switch (option) {
    case 't':
        wish->template = optarg;
        return true;
    case 'l':
        wish->language = optarg;
        return strcmp(optarg, "ko") == 0 || strcmp(optarg, "en") == 0;
    case 's':
        wish->subject = optarg;
        return true;
    case 'a':
        wish->as = optarg;
        return true;
    case 'v':
        wish->values = optarg;
        return true;
    case 'p':
        wish->plugins = wish->remote.plugins = optarg;
        return true;
    case 'S':
        wish->remote.server = optarg;
        return true;
    case 'd':
        wish->remote.data = optarg;
        return true;
    default:
        wish->json = wish->json || option == 'j';
        return true;
    }
}

int command_mail(int argc, char **argv)
{
    static const struct option options[] = {{"template", required_argument, NULL, 't'},
                                            {"language", required_argument, NULL, 'l'},
                                            {"subject", required_argument, NULL, 's'},
                                            {"values", required_argument, NULL, 'v'},
                                            {"plugins", required_argument, NULL, 'p'},
                                            {"server", required_argument, NULL, 'S'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"as", required_argument, NULL, 'a'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct wish wish = {0};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (option == '?')
            return cli_wrong_option(usage, argv, options);
        if (!take_option(&wish, option))
            return cli_usage(usage, "--language is ko or en");
    }
    const char *what = optind < argc ? argv[optind] : "";
    int left = argc - optind;
    if (strcmp(what, "preview") == 0 && left == 2)
        return preview(&wish, argv[optind + 1]);
    if (strcmp(what, "bounce") == 0 && (left == 1 || left == 2))
        return bounce(&wish, left == 2 ? argv[optind + 1] : "-");
    return cli_usage(usage, "mail needs 'preview FILE' or 'bounce'");
}
