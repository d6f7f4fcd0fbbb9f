// The configuration of `dure serve`: a table of keys, each given by `dure.yaml` (--config), an
// environment variable DURE_KEY, or an option; the later of these wins. Secrets may also be given
// as KEY_FILE, whose content counts. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/fail.h"

enum config_key {
    CONFIG_LISTEN,
    CONFIG_DATA,
    CONFIG_PLUGINS,
    CONFIG_PUBLIC_URL,
    CONFIG_TOKEN,
    CONFIG_TRUSTED_PROXIES,
    CONFIG_OIDC_ISSUER,
    CONFIG_OIDC_CLIENT_ID,
    CONFIG_OIDC_CLIENT_SECRET,
    CONFIG_OIDC_ROLES,
    CONFIG_MAIL_SERVER,
    CONFIG_MAIL_USER,
    CONFIG_MAIL_PASSWORD,
    CONFIG_MAIL_FROM,
    CONFIG_MAIL_REPLY_TO,
    CONFIG_MAIL_BOUNCE,
    CONFIG_MAIL_CA,
    CONFIG_MAIL_TLS,
    CONFIG_MAIL_RATE,
    CONFIG_MAIL_DOMAIN_RATE,
    CONFIG_SINK,
    CONFIG_SECRETS,
    CONFIG_SEAL_KEYS,
    CONFIG_KEEP_DAYS,
    CONFIG_ZONE,
    CONFIG_LOG,
    CONFIG_COUNT,
};

struct config {
    char *values[CONFIG_COUNT]; // NULL where not given and without a default
};

// Reads the file (NULL: ./dure.yaml if it is there) and the environment.
CHECKED bool config_read(struct config *c, const char *file, struct fail *why);
// Whether the values can be meant, once the options are in.
CHECKED bool config_check(const struct config *c, struct fail *why);
void config_done(struct config *c);
void config_set(struct config *c, enum config_key key, const char *value); // an option
const char *config_get(const struct config *c, enum config_key key);
// Where the keys of secret votes lie: as configured (c may be NULL), or beside the data directory.
// By mem_free.
char *config_seal_folder(const struct config *c, const char *data);
// The zone of the directory and the console: as configured, without c as DURE_ZONE says. NULL and
// why if there is no such zone.
struct zone;
const struct zone *config_zone(const struct config *c, struct fail *why);
int config_number(const struct config *c, enum config_key key); // checked; 0 if not given
bool config_is(const struct config *c, enum config_key key, const char *value);
void config_describe(FILE *out); // every key with its meaning, for --help
