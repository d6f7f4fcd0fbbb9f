#include "cli/config.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/must.h"
#include "calendar/zone.h"
#include "cli/context.h"
#include "net/mime.h"
#include "json/yaml.h"

#define MAILS_A_MINUTE_MAX 60000
#define KEEP_DAYS_MAX      36500
#define VALUE_MAX          (64 * 1024)

static const struct config_entry {
    const char *name, *otherwise, *meaning;
    bool secret;
} entries[CONFIG_COUNT] = {
    [CONFIG_LISTEN] = {"listen", "127.0.0.1:8080", "address and port to listen on", false},
    [CONFIG_DATA] = {"data", "dure-data", "data directory", false},
    [CONFIG_PLUGINS] = {"plugins", NULL, "folder with the plugins", false},
    [CONFIG_PUBLIC_URL] = {"public_url", NULL, "how people reach this server, for links in mails",
                           false},
    [CONFIG_TOKEN] = {"token", NULL, "bearer token of an administrator, for the first steps", true},
    [CONFIG_TRUSTED_PROXIES] = {"trusted_proxies", NULL,
                                "addresses or networks whose X-Forwarded-For counts", false},
    [CONFIG_OIDC_ISSUER] = {"oidc_issuer", NULL, "OpenID Connect: the provider (https://…)", false},
    [CONFIG_OIDC_CLIENT_ID] = {"oidc_client_id", NULL, "OpenID Connect: this client", false},
    [CONFIG_OIDC_CLIENT_SECRET] = {"oidc_client_secret", NULL, "OpenID Connect: its secret", true},
    [CONFIG_OIDC_ROLES] = {"oidc_roles", NULL, "who gets which role: CLAIM:VALUE=ROLE, …", false},
    [CONFIG_MAIL_SERVER] =
        {"mail_server", NULL,
         "smtp://host:port or smtps://host:port; without it mails become files in mail/", false},
    [CONFIG_MAIL_USER] = {"mail_user", NULL, "log-in at the mail server", false},
    [CONFIG_MAIL_PASSWORD] = {"mail_password", NULL, "password at the mail server", true},
    [CONFIG_MAIL_FROM] = {"mail_from", "dure@localhost",
                          "sender of all mails, as \"두레 <dure@example.org>\"", false},
    [CONFIG_MAIL_REPLY_TO] = {"mail_reply_to", NULL, "where answers to mails go", false},
    [CONFIG_MAIL_BOUNCE] = {"mail_bounce", NULL,
                            "where mails come back to: bounces@HOST, which takes "
                            "bounces+NUMBER@HOST, so that each says which mail it was",
                            false},
    [CONFIG_MAIL_CA] = {"mail_ca", NULL,
                        "file with the certificates to trust at the mail server (PEM); the "
                        "system's if not given",
                        false},
    [CONFIG_MAIL_TLS] = {"mail_tls", "required",
                         "required, or optional: without encryption where the server has none",
                         false},
    [CONFIG_MAIL_RATE] = {"mail_rate", "0", "mails a minute in all; 0: no limit", false},
    [CONFIG_MAIL_DOMAIN_RATE] = {"mail_domain_rate", "0", "mails a minute to one domain", false},
    [CONFIG_SINK] = {"sink", NULL, "URL that gets every emitted event as a CloudEvent", false},
    [CONFIG_SECRETS] = {"secrets", NULL,
                        "folder with one file a secret, named as definitions name it", false},
    [CONFIG_SEAL_KEYS] = {"seal_keys", NULL,
                          "folder of the keys of secret votes, outside of the data directory; "
                          "DATA-keys beside it if not given",
                          false},
    [CONFIG_KEEP_DAYS] =
        {"keep_days", "30",
         "days that an event, and the key of an answered request, is kept once nobody "
         "can need it any more; 0: for ever",
         false},
    [CONFIG_ZONE] =
        {"zone", "Asia/Seoul",
         "time zone of dates in the directory, of the console and of workflows that name none",
         false},
    [CONFIG_LOG] = {"log", "info", "least level that is logged: debug, info, warn, error", false},
};

static char *environment_name(const char *key, const char *suffix)
{
    char *name = mem_printf("DURE_%s%s", key, suffix);
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

void config_set(struct config *c, enum config_key key, const char *value)
{
    if (!value)
        return;
    mem_free(c->values[key]);
    c->values[key] = mem_string(value);
}

const char *config_get(const struct config *c, enum config_key key)
{
    return c->values[key];
}

// The content of a file without the line's end: how secrets are handed to services.
static bool set_from_file(struct config *c, enum config_key key, const char *path, struct fail *why)
{
    struct bytes content;
    bytes_init(&content, VALUE_MAX);
    bool ok = cli_read_file(path, &content, why);
    while (content.length > 0 && strchr("\r\n", content.data[content.length - 1]))
        content.data[--content.length] = 0;
    if (ok)
        config_set(c, key, content.data);
    bytes_done(&content);
    return ok;
}

static bool set_from_yaml(struct config *c, const struct yaml_document *document, struct fail *why)
{
    const struct yaml_node *root = document->root;
    if (root->kind == YAML_NULL)
        return true;
    if (root->kind != YAML_MAPPING)
        return fail(why, FAIL_INVALID, "%s: a configuration is a mapping of keys", document->file);
    for (size_t i = 0; i < root->count; i++) {
        const char *name = root->keys[i]->text;
        const char *names[CONFIG_COUNT];
        int found = -1;
        for (int k = 0; k < CONFIG_COUNT; k++) {
            names[k] = entries[k].name;
            if (strcmp(name, entries[k].name) == 0)
                found = k;
        }
        const char *near = diagnostics_nearest(name, names, CONFIG_COUNT);
        if (found < 0)
            return fail(why, FAIL_INVALID, "%s:%d: there is no key '%s'%s%s%s", document->file,
                        root->keys[i]->line, name, near ? "; did you mean '" : "", near ? near : "",
                        near ? "'?" : "");
        if (root->items[i]->kind == YAML_SEQUENCE || root->items[i]->kind == YAML_MAPPING)
            return fail(why, FAIL_INVALID, "%s:%d: '%s' is text", document->file,
                        root->keys[i]->line, name);
        config_set(c, (enum config_key)found, root->items[i]->text);
    }
    return true;
}

static bool read_file(struct config *c, const char *file, struct fail *why)
{
    if (!file && access("dure.yaml", F_OK) != 0)
        return true;
    if (!file)
        file = "dure.yaml";
    struct bytes text;
    struct diagnostics diagnostics;
    bytes_init(&text, VALUE_MAX);
    diagnostics_init(&diagnostics);
    bool ok = cli_read_file(file, &text, why);
    struct yaml_document *document =
        ok ? yaml_parse(file, text.data, text.length, &diagnostics) : NULL;
    if (document)
        ok = set_from_yaml(c, document, why);
    else if (ok)
        ok = fail(why, FAIL_INVALID, "%s:%d:%d: %s", file, diagnostics.items[0].line,
                  diagnostics.items[0].column, diagnostics.items[0].message);
    yaml_free(document);
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return ok;
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0 && text[strlen(start)];
}

static bool read_number(const char *text, long most, long *out)
{
    char *end;
    *out = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0 && *out >= 0 && *out <= most;
}

int config_number(const struct config *c, enum config_key key)
{
    long number = 0;
    if (c->values[key])
        must(read_number(c->values[key], INT_MAX, &number)); // config_check has looked
    return (int)number;
}

bool config_is(const struct config *c, enum config_key key, const char *value)
{
    return c->values[key] && strcmp(c->values[key], value) == 0;
}

static bool check_rate(const struct config *c, enum config_key key, struct fail *why)
{
    long number;
    return read_number(c->values[key], MAILS_A_MINUTE_MAX, &number) ||
           fail(why, FAIL_INVALID, "%s: '%s' is no number of mails a minute (0 to %d)",
                entries[key].name, c->values[key], MAILS_A_MINUTE_MAX);
}

static bool check_days(const struct config *c, struct fail *why)
{
    long number;
    const char *days = c->values[CONFIG_KEEP_DAYS];
    return read_number(days, KEEP_DAYS_MAX, &number) ||
           fail(why, FAIL_INVALID, "keep_days: '%s' is no number of days (0 to %d)", days,
                KEEP_DAYS_MAX);
}

static bool check_address(const struct config *c, enum config_key key, struct fail *why)
{
    char address[MIME_ADDRESS_SIZE];
    return !c->values[key] || mime_address(c->values[key], address, why) ||
           fail_within(why, "%s", entries[key].name);
}

static bool check_mail(const struct config *c, struct fail *why)
{
    const char *tls = c->values[CONFIG_MAIL_TLS], *ca = c->values[CONFIG_MAIL_CA];
    if (strcmp(tls, "required") != 0 && strcmp(tls, "optional") != 0)
        return fail(why, FAIL_INVALID, "mail_tls: '%s' is neither required nor optional", tls);
    if (ca && access(ca, R_OK) != 0)
        return fail(why, FAIL_INVALID, "mail_ca: the file '%s' cannot be read", ca);
    return check_rate(c, CONFIG_MAIL_RATE, why) && check_rate(c, CONFIG_MAIL_DOMAIN_RATE, why) &&
           check_address(c, CONFIG_MAIL_FROM, why) && check_address(c, CONFIG_MAIL_REPLY_TO, why) &&
           check_address(c, CONFIG_MAIL_BOUNCE, why);
}

const struct zone *config_zone(const struct config *c, struct fail *why)
{
    const char *given = c ? c->values[CONFIG_ZONE] : getenv("DURE_ZONE");
    const struct zone *zone =
        zone_find(given && *given ? given : entries[CONFIG_ZONE].otherwise, why);
    if (!zone)
        fail_within(why, "zone");
    return zone;
}

// What would otherwise come out only when the first mail or event goes.
bool config_check(const struct config *c, struct fail *why)
{
    const char *mail = c->values[CONFIG_MAIL_SERVER], *sink = c->values[CONFIG_SINK],
               *url = c->values[CONFIG_PUBLIC_URL], *log = c->values[CONFIG_LOG];
    if (mail && !begins(mail, "smtp://") && !begins(mail, "smtps://"))
        return fail(why, FAIL_INVALID,
                    "mail_server: '%s' is no smtp://host:port or smtps://host:port", mail);
    if (!check_mail(c, why) || !check_days(c, why) || !config_zone(c, why))
        return false;
    if (sink && !begins(sink, "http://") && !begins(sink, "https://"))
        return fail(why, FAIL_INVALID, "sink: '%s' is no http or https address", sink);
    if (url && !begins(url, "http://") && !begins(url, "https://"))
        return fail(why, FAIL_INVALID, "public_url: '%s' is no http or https address", url);
    if (strcmp(log, "debug") != 0 && strcmp(log, "info") != 0 && strcmp(log, "warn") != 0 &&
        strcmp(log, "error") != 0)
        return fail(why, FAIL_INVALID, "log: '%s' is no level; there are debug, info, warn, error",
                    log);
    return true;
}

bool config_read(struct config *c, const char *file, struct fail *why)
{
    *c = (struct config){0};
    for (int k = 0; k < CONFIG_COUNT; k++)
        config_set(c, (enum config_key)k, entries[k].otherwise);
    if (!read_file(c, file, why))
        return false;
    for (int k = 0; k < CONFIG_COUNT; k++) {
        char *name = environment_name(entries[k].name, ""),
             *in_file = environment_name(entries[k].name, "_FILE");
        const char *value = getenv(name), *path = getenv(in_file);
        bool ok = true;
        if (path && *path)
            ok = set_from_file(c, (enum config_key)k, path, why);
        else if (value && *value)
            config_set(c, (enum config_key)k, value);
        mem_free(name);
        mem_free(in_file);
        if (!ok)
            return false;
    }
    return true;
}

char *config_seal_folder(const struct config *c, const char *data)
{
    const char *given = c ? c->values[CONFIG_SEAL_KEYS] : NULL;
    size_t length = strlen(data);
    while (length > 1 && data[length - 1] == '/')
        length--;
    return given ? mem_string(given) : mem_printf("%.*s-keys", (int)length, data);
}

void config_done(struct config *c)
{
    for (int k = 0; k < CONFIG_COUNT; k++)
        mem_free(c->values[k]);
    *c = (struct config){0};
}

void config_describe(FILE *out)
{
    for (int k = 0; k < CONFIG_COUNT; k++) {
        char *name = environment_name(entries[k].name, entries[k].secret ? " or …_FILE" : "");
        fprintf(out, "  %-16s %s%s%s%s\n", entries[k].name, entries[k].meaning,
                entries[k].otherwise ? " (" : "", entries[k].otherwise ? entries[k].otherwise : "",
                entries[k].otherwise ? ")" : "");
        mem_free(name);
    }
}
