// The case file of one instance, for auditors: as it is exported, and whether its chain is whole.
// Both are told after the commit of all that they hold, so that nobody is shown what a crash
// undoes.
#include "store/audit.h"

#include "api/resource.h"
#include "people/urn_check.h"

#define LINES_BYTES_MAX (1 << 20)

static bool is_there(struct api *a, struct request *r)
{
    struct fail why = {0};
    json shown = engine_show(a->engine, request_param(r, "id"), &why);
    bool there = json_is_object(shown);
    json_free(shown);
    if (!there)
        request_fail(r, &why);
    return there;
}

// Without the instance as the place of the act: to look at a case must not change it.
static void record(struct api *a, struct request *r, const char *act)
{
    json what = json_object();
    json_set_text(&what, "case", request_param(r, "id"));
    record_act(a, r, act, NULL, what);
}

void case_export(struct api *a, struct request *r)
{
    struct fail why = {0};
    json exported;
    if (!is_there(a, r))
        return;
    if (!audit_export(engine_store(a->engine), request_param(r, "id"), &exported, &why)) {
        request_fail(r, &why);
        return;
    }
    record(a, r, "export-case");
    request_set_header(r, "Content-Disposition", "attachment; filename=\"case.json\"");
    request_set_header(r, "Cache-Control", "no-store");
    reply_after_commit(a, r, 200, exported);
}

static json report_of(const struct audit_report *chain, const struct urn_check_report *urns,
                      bool whole, const struct fail *why)
{
    json out = json_object();
    json_set_bool(&out, "whole", whole);
    if (!whole)
        json_set_text(&out, "problem", why->message);
    json_set_int(&out, "rows", chain->rows);
    json_set_int(&out, "personal", chain->personal);
    json_set_int(&out, "erased", chain->erased);
    json_set_int(&out, "wrong", chain->bad + urns->bad);
    json_set_int(&out, "secretVotes", urns->urns);
    json_set_int(&out, "ballots", urns->ballots);
    json_set_text(&out, "said", urns->lines->data ? urns->lines->data : "");
    return out;
}

void case_verify(struct api *a, struct request *r)
{
    struct fail why = {0};
    struct audit_report chain = {0};
    struct bytes lines;
    json exported = json_absent();
    if (!is_there(a, r))
        return;
    bytes_init(&lines, LINES_BYTES_MAX);
    struct urn_check_report urns = {.lines = &lines};
    bool whole = audit_export(engine_store(a->engine), request_param(r, "id"), &exported, &why) &&
                 audit_verify_case(exported, &chain, &why) &&
                 urn_check_case(exported, NULL, &urns, &why);
    record(a, r, "verify-case");
    reply_after_commit(a, r, 200, report_of(&chain, &urns, whole, &why));
    bytes_done(&lines);
    json_free(exported);
}
