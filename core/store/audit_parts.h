// What the audit's files share: findings, and the references to personal payloads inside history.
// The threads of audit.h.
#pragma once

#include "base/hash.h"
#include "store/audit.h"

// The stored form of an array of entries.
void audit_write_entries(json entries, struct bytes *out);

// One line of the report; the first is also the failure.
void audit_found(struct audit_report *report, struct fail *why, const char *format, ...)
    PRINTF(3, 4);

// Is this {"personal": name, "hash": hex}? The name is borrowed.
bool audit_reference_of(json v, const char **name, struct hash *hash);
bool audit_personal_fits(const struct row *row, const struct hash *wanted);

// What lies beside the chains (audit_rows.c); what the disk refuses is a finding.
void audit_check_rows(struct store *s, struct audit_report *report, struct fail *why);

// Calls `visit` for each reference anywhere in the value.
typedef void audit_visit(void *context, const char *name, const struct hash *hash);
void audit_each_reference(json v, audit_visit *visit, void *context);
