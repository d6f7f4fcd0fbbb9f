// Case files of an urn, changed by somebody who can make the chain anew: the points of the casts
// stand against the ballots all the same.
#include "people/village.h"

#include "people/urn.h"
#include "people/urn_check.h"
#include "store/audit.h"

#define TALLY                                                                                      \
    "{\"entitled\":4,\"present\":3,\"cast\":3,\"valid\":3,\"invalid\":0,\"abstain\":0,"            \
    "\"counts\":{\"yes\":2,\"no\":1},\"base\":\"present\",\"denominator\":3,\"needed\":2,"         \
    "\"threshold\":{\"moreThan\":\"1/2\"},\"outcome\":\"adopted\",\"quorum\":{\"of\":"             \
    "\"entitled\",\"denominator\":4,\"needed\":3,\"present\":3,\"met\":true},\"quorumRule\":"      \
    "{\"moreThan\":\"1/2\"}}"

static struct urn urn_of(struct village *v)
{
    return (struct urn){{v->instance.text, "/do/0/ask", 1}, "1"};
}

// A case with three ballots, one of them cast twice.
static json make_case(const char *tally)
{
    struct village v;
    struct fail why = {0};
    bool done = false;
    json out, counted, exported;
    village_init(&v);
    village_start(&v, "[{\"name\":\"a\",\"to\":\"a\"}]");
    struct urn u = urn_of(&v);
    assert_true(urn_open(v.people, &u, 4, 8, &why));
    assert_true(urn_fill(v.people, &u, 100, &done, &why));
    static const struct urn_ballot ballots[] = {{"a", "ra", "yes", false},
                                                {"b", "rb", "yes", false},
                                                {"c", "rc", "yes", false},
                                                {"b", "rb", "no", true}};
    for (size_t i = 0; i < 4; i++)
        assert_true(urn_cast(v.people, &u, &ballots[i], &why));
    assert_true(urn_count(v.people, &u, &counted, &why));
    struct urn_publication pub = {.roll = village_json("[\"c\",\"a\",\"b\"]"),
                                  .tally = village_json(tally)};
    assert_true(urn_publish(v.people, &u, &pub, &why));
    village_settle(&v);
    assert_true(audit_export(v.store, v.instance.text, &exported, &why));
    assert_true(ballot_check(v.people, v.instance.text, "rb", &out, &why));
    assert_string_equal(json_get_text(out, "state", ""), "counted");
    assert_string_equal(json_get_text(out, "task", ""), "ask");
    json_free(out);
    assert_true(ballot_check(v.people, v.instance.text, "rx", &out, &why));
    assert_string_equal(json_get_text(out, "state", ""), "unknown");
    json_free(out);
    json_free(pub.roll);
    json_free(pub.tally);
    json_free(counted);
    village_done(&v);
    return exported;
}

static bool holds(json exported, const char *receipt, char said[400])
{
    struct fail why = {0};
    struct bytes lines;
    bytes_init(&lines, 1 << 20);
    struct urn_check_report report = {.lines = &lines};
    bool good = urn_check_case(exported, receipt, &report, &why);
    assert_int_equal(report.urns, 1);
    snprintf(said, 400, "%.399s", lines.data);
    bytes_done(&lines);
    return good;
}

// The text of a case with one part of it replaced.
static json changed(json exported, const char *part, const char *by)
{
    char *text = json_dump(exported), *at = strstr(text, part);
    assert_non_null(at);
    char *other = mem_printf("%.*s%s%s", (int)(at - text), text, by, at + strlen(part));
    json out = village_json(other);
    mem_free(text);
    mem_free(other);
    return out;
}

TEST(urn_check, says_what_it_counted)
{
    UNUSED_STATE;
    char said[400];
    json exported = make_case(TALLY);
    assert_true(holds(exported, NULL, said));
    assert_non_null(strstr(said, "3 ballots of as many voters, 1 replaced"));
    assert_non_null(strstr(said, "2 needed: adopted"));
    assert_true(holds(exported, "rb", said));
    assert_non_null(strstr(said, "as: no"));
    assert_false(holds(exported, "rx", said));
    json_free(exported);
}

static void is_found(json exported, const char *part, const char *by, const char *sentence)
{
    char said[400];
    json bad = changed(exported, part, by);
    assert_false(holds(bad, NULL, said));
    if (strstr(said, sentence) == NULL)
        print_error("%s\n", said);
    assert_non_null(strstr(said, sentence));
    json_free(bad);
}

TEST(urn_check, finds_what_was_changed_though_the_chain_be_made_anew)
{
    UNUSED_STATE;
    json exported = make_case(TALLY);
    is_found(exported, "\"no\"]", "\"yes\"]", "not those that the chain has seen cast");
    is_found(exported, "\"yes\"],", "\"no\"],", "not those that the chain has seen cast");
    is_found(exported, "[\"a\",\"b\",\"c\"]", "[\"a\",\"b\"]", "2 names are on the roll");
    is_found(exported, "[\"a\",\"b\",\"c\"]", "[\"a\",\"b\",\"b\"]", "on it twice");
    is_found(exported, "\"type\":\"recast\"", "\"type\":\"cast\"", "4 ballots were cast");
    is_found(exported, "\"type\":\"cast\"", "\"type\":\"noise\"", "2 ballots were cast");
    is_found(exported, "\"blinding\":\"", "\"blinding\":\"0", "cannot be opened");
    is_found(exported, "\"type\":\"opened\"", "\"type\":\"noise\"", "before it was opened");
    json_free(exported);
}

TEST(urn_check, does_the_arithmetic_again)
{
    UNUSED_STATE;
    json exported = make_case(TALLY);
    is_found(exported, "\"yes\":2", "\"yes\":3", "yes: counted 2, the tally says 3");
    is_found(exported, "\"denominator\":3,\"entitled\"", "\"denominator\":2,\"entitled\"",
             "denominator: counted 3");
    is_found(exported, "\"needed\":2", "\"needed\":1", "needed: counted 2");
    is_found(exported, "\"outcome\":\"adopted\"", "\"outcome\":\"rejected\"",
             "said to be rejected");
    is_found(exported, "\"needed\":3", "\"needed\":2", "quorum: counted 3");
    is_found(exported, "\"entitled\":4", "\"entitled\":5", "entitled: counted 5");
    is_found(exported, "\"met\":true", "\"met\":false", "said to be missed");
    json_free(exported);
}

RUN(CASE(urn_check, says_what_it_counted),
    CASE(urn_check, finds_what_was_changed_though_the_chain_be_made_anew),
    CASE(urn_check, does_the_arithmetic_again))
