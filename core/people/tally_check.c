#include "people/tally_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 1000000

static int64_t number(json tally, const char *name)
{
    return json_get_int(tally, name, -1);
}

static bool wrong(struct fail *why, const char *what, int64_t found, int64_t said)
{
    return fail(why, FAIL_CORRUPT, "%s: counted %" PRId64 ", the tally says %" PRId64, what, found,
                said);
}

static bool same(struct fail *why, const char *what, int64_t found, int64_t said)
{
    return found == said || wrong(why, what, found, said);
}

// ---- counts

// An election's ballot is "approve a,b reject c"; is this id in the list behind the word?
static bool names(const char *text, const char *word, const char *id)
{
    const char *at = strstr(text, word);
    size_t length = strlen(id);
    if (at == NULL)
        return false;
    at += strlen(word);
    for (const char *end = at + strcspn(at, " "); at < end;) {
        size_t n = strcspn(at, ", ");
        if (n == length && memcmp(at, id, n) == 0)
            return true;
        at += n + 1;
    }
    return false;
}

static int64_t count_of(json ballots, const char *word, const char *id)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *text = NULL;
    json n;
    int64_t count = 0;
    while (json_next(ballots, &cursor, &text, &n))
        if (word == NULL ? strcmp(text, id) == 0 : names(text, word, id))
            count += json_get_int(ballots, text, 0);
    return count;
}

static bool check_vote(json counts, json ballots, struct fail *why)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *text = NULL;
    json n;
    bool good = true;
    while (json_next(counts, &cursor, &text, &n))
        good =
            good && same(why, text, count_of(ballots, NULL, text), json_get_int(counts, text, -1));
    cursor = (struct json_cursor)JSON_CURSOR_START;
    while (json_next(ballots, &cursor, &text, &n))
        if (good && !json_has(counts, text))
            good = fail(why, FAIL_CORRUPT, "a ballot says '%.100s', which is no option", text);
    return good;
}

static bool check_candidates(json candidates, json ballots, struct fail *why)
{
    bool good = true;
    for (size_t i = 0; good && i < json_length(candidates); i++) {
        json one = json_at(candidates, i);
        const char *id = json_get_text(one, "id", "");
        good = same(why, id, count_of(ballots, "approve ", id), number(one, "yes")) &&
               same(why, id, count_of(ballots, " reject ", id), number(one, "no"));
        json_free(one);
    }
    return good;
}

static bool check_counts(json tally, json ballots, struct fail *why)
{
    if (json_is_absent(ballots))
        return true;
    json counts = json_get(tally, "counts"), candidates = json_get(tally, "candidates");
    bool good = json_is_array(candidates) ? check_candidates(candidates, ballots, why)
                                          : check_vote(counts, ballots, why);
    json_free(counts);
    json_free(candidates);
    return good;
}

// ---- shares

// How many of n fulfil {moreThan} or {atLeast}: a fraction "1/2" or a number of persons.
static bool needed_of(json limit, int64_t n, int64_t *needed, struct fail *why)
{
    bool strict = json_has(limit, "moreThan");
    const char *name = strict ? "moreThan" : "atLeast";
    json given = json_get(limit, name);
    long long num = 0, den = 0;
    bool good = true;
    if (json_is_integer(given))
        *needed = json_get_int(limit, name, 0) + (strict ? 1 : 0);
    else if (json_is_string(given) && sscanf(json_text(given), " %lld / %lld", &num, &den) == 2 &&
             den > 0 && num >= 0 && den <= NUMBER_MAX && num <= den)
        *needed = strict ? n * num / den + 1 : (n * num + den - 1) / den;
    else
        good = fail(why, FAIL_CORRUPT, "a limit of the tally is no fraction");
    json_free(given);
    return good;
}

static bool check_quorum(json tally, json quorum, struct fail *why)
{
    json rule = json_get(tally, "quorumRule");
    int64_t of = number(quorum, "denominator"), needed = 0, present = number(tally, "present");
    json base = json_get(quorum, "of");
    bool good = needed_of(rule, of, &needed, why) &&
                same(why, "quorum", needed, number(quorum, "needed")) &&
                same(why, "present", present, number(quorum, "present"));
    if (good && json_is_string(base))
        good = same(why, "entitled", number(tally, "entitled"), of);
    if (good && json_get_bool(quorum, "met", false) != (present >= needed))
        good = fail(why, FAIL_CORRUPT, "the quorum is said to be %s, with %" PRId64 " of %" PRId64,
                    present >= needed ? "missed" : "met", present, needed);
    json_free(base);
    json_free(rule);
    return good;
}

static int64_t denominator_of(json tally)
{
    const char *base = json_get_text(tally, "base", "");
    if (strcmp(base, "cast_without_abstain") == 0)
        return number(tally, "cast") - number(tally, "abstain");
    return number(tally, base);
}

static bool check_needed(json tally, struct fail *why)
{
    json threshold = json_get(tally, "threshold"), abstain = json_get(tally, "abstain");
    int64_t denominator = number(tally, "denominator"), needed = 0;
    bool hidden = !json_is_integer(abstain) &&
                  strcmp(json_get_text(tally, "base", ""), "cast_without_abstain") == 0;
    bool good = (hidden || same(why, "denominator", denominator_of(tally), denominator)) &&
                needed_of(threshold, denominator, &needed, why) &&
                same(why, "needed", needed > 1 ? needed : 1, number(tally, "needed"));
    json_free(threshold);
    json_free(abstain);
    return good;
}

// ---- the outcome

static int64_t yes_of(json counts)
{
    return json_has(counts, "찬성") ? number(counts, "찬성") : number(counts, "yes");
}

static bool check_outcome(json tally, struct fail *why)
{
    const char *outcome = json_get_text(tally, "outcome", ""),
               *winner = json_get_text(tally, "winner", NULL);
    json counts = json_get(tally, "counts"), elected = json_get(tally, "elected");
    int64_t needed = number(tally, "needed"), yes = yes_of(counts);
    bool good = true;
    for (size_t i = 0; good && json_is_array(elected) && i < json_length(elected); i++) {
        json id = json_at(elected, i);
        int64_t votes = number(counts, json_text(id));
        good = votes < 0 || votes >= needed || wrong(why, "who is elected", votes, needed);
        json_free(id);
    }
    if (good && winner != NULL)
        good = number(counts, winner) < 0 || number(counts, winner) >= needed ||
               wrong(why, "the winner", number(counts, winner), needed);
    else if (good && !json_is_array(elected) && yes >= 0 && strcmp(outcome, "no_quorum") != 0 &&
             (yes >= needed) != (strcmp(outcome, "adopted") == 0))
        good = fail(why, FAIL_CORRUPT, "it is said to be %s, with %" PRId64 " of %" PRId64, outcome,
                    yes, needed);
    json_free(counts);
    json_free(elected);
    return good;
}

bool tally_check(json tally, json ballots, int64_t casts, struct fail *why)
{
    json quorum = json_get(tally, "quorum");
    bool missed = json_is_object(quorum) && !json_get_bool(quorum, "met", true);
    bool good =
        same(why, "ballots", casts, number(tally, "cast")) &&
        same(why, "valid ballots", casts - number(tally, "invalid"), number(tally, "valid")) &&
        check_counts(tally, ballots, why) &&
        (!json_is_object(quorum) || check_quorum(tally, quorum, why)) &&
        (missed || check_needed(tally, why)) && check_outcome(tally, why);
    if (good && (number(tally, "entitled") < casts || number(tally, "present") < casts))
        good = fail(why, FAIL_CORRUPT, "more ballots than electors or than were present");
    json_free(quorum);
    return good;
}
