#include "people/village.h"

static size_t selected(struct village *v, const char *selector, struct fail *why)
{
    json value = village_json(selector), out;
    size_t count = (size_t)-1;
    if (people_select(v->people, value,
                      &(struct select_opts){.at_ms = VILLAGE_START_MS, .strict = true}, &out,
                      why)) {
        json people = json_get(out, "people");
        count = json_length(people);
        json_free(people);
        json_free(out);
    }
    json_free(value);
    return count;
}

TEST(people, keeps_what_it_is_given)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    // The name arrives decomposed, with a blank behind it.
    assert_true(village_put(
        &v,
        "{\"id\":\"m01\",\"name\":\"\\u1112\\u1161\\u11ab \",\"email\":"
        "\"m01@example.org\",\"attributes\":{\"region\":\"서울\"},\"groups\":[\"team\"]}",
        &why));
    json person = people_get(v.people, "m01", &why), group = json_path(person, "groups.0");
    assert_string_equal(json_get_text(person, "name", ""), "한");
    assert_string_equal(json_text(group), "team");
    assert_string_equal(json_get_text(person, "language", ""), "ko");
    json found = people_find(v.people, "한", 10, &why);
    assert_int_equal(json_length(found), 1);
    json_free(found);
    json_free(group);
    json_free(person);
    assert_true(json_is_absent(people_get(v.people, "m02", &why)));
    assert_int_equal(why.kind, FAIL_NOT_FOUND);
    village_done(&v);
}

TEST(people, refuses_what_is_wrong)
{
    UNUSED_STATE;
    static const char *const bad[] = {
        "[]",
        "{\"name\":\"a\"}",
        "{\"id\":\"a b\",\"name\":\"a\"}",
        "{\"id\":\"public\",\"name\":\"a\"}",
        "{\"id\":\"a\"}",
        "{\"id\":\"a\",\"name\":\"  \"}",
        "{\"id\":\"a\",\"name\":\"a\",\"email\":\"nobody\"}",
        "{\"id\":\"a\",\"name\":\"a\",\"email\":\"a@b\"}",
        "{\"id\":\"a\",\"name\":\"a\",\"email\":\"a@b..org\"}",
        "{\"id\":\"a\",\"name\":\"a\",\"email\":\"a@example.org\\nBcc: b@example.org\"}",
        "{\"id\":\"a\",\"name\":\"a\",\"region\":\"x\"}",
        "{\"id\":\"a\",\"name\":\"a\",\"language\":\"klingon\"}",
        "{\"id\":\"a\",\"name\":\"a\",\"attributes\":[]}",
        "{\"id\":\"a\",\"name\":\"a\",\"groups\":\"team\"}",
        "{\"id\":\"a\",\"name\":\"a\",\"groups\":[{}]}",
        "{\"id\":\"a\",\"name\":\"a\",\"roles\":\"chair\"}",
        "{\"id\":\"a\",\"name\":\"a\",\"roles\":[{\"role\":\"chair\"}]}",
        "{\"id\":\"a\",\"name\":\"a\",\"attributes\":{\"x\":[\"900101-1234567\"]}}",
    };
    struct village v;
    village_init(&v);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fail why = {0};
        if (village_put(&v, bad[i], &why))
            print_error("taken: %s\n", bad[i]);
        assert_false(why.kind == FAIL_NONE);
        assert_null(strstr(why.message, "900101"));
    }
    struct fail why = {0};
    json groups = people_groups(v.people, &why);
    assert_int_equal(json_length(groups), 0);
    json_free(groups);
    village_done(&v);
}

TEST(people, knows_who_was_a_member_when)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    people_set_zone(v.people, zone_find("Asia/Seoul", &why));
    assert_true(village_put(&v, "{\"id\":\"a\",\"name\":\"가\"}", &why));
    assert_true(people_join(v.people, "team", "a", "2013-05-01", "2013-06-01", "chair", &why));
    assert_true(people_join(v.people, "team", "a", "2014-01-01", NULL, NULL, &why));
    const int64_t day = 86400000, midnight = VILLAGE_START_MS - 9 * 3600000;
    const struct {
        int64_t at_ms;
        size_t members;
    } cases[] = {{midnight - 1, 0},
                 {midnight, 1},
                 {midnight + 31 * day - 1, 1},
                 {midnight + 31 * day, 0},
                 {midnight + 300 * day, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json members = people_group(v.people, "team", cases[i].at_ms, &why);
        assert_int_equal(json_length(members), cases[i].members);
        json_free(members);
    }
    assert_false(people_join(v.people, "team", "nobody", NULL, NULL, NULL, &why));
    assert_false(people_join(v.people, "team", "a", "2013-05-02", "2013-05-02", NULL, &why));
    assert_false(people_join(v.people, "team", "a", "2013-02-30", NULL, NULL, &why));
    village_done(&v);
}

TEST(people, selects_without_doubles)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    assert_true(village_put(&v,
                            "{\"id\":\"a\",\"name\":\"가\",\"groups\":[\"team\",{\"group\":"
                            "\"club\",\"role\":\"chair\"}]}",
                            &why));
    assert_true(village_put(&v, "{\"id\":\"b\",\"name\":\"나\",\"groups\":[\"team\"]}", &why));
    assert_true(village_put(
        &v, "{\"id\":\"c\",\"name\":\"다\",\"status\":\"left\",\"groups\":[\"team\"]}", &why));
    assert_int_equal(selected(&v, "{\"group\":\"team\"}", &why), 2);
    assert_int_equal(
        selected(&v, "[{\"group\":\"team\"},{\"people\":[\"a\",\"b\"]},\"public\"]", &why), 2);
    assert_int_equal(selected(&v, "{\"role\":\"chair\"}", &why), 1);
    assert_int_equal(selected(&v, "{\"group\":\"club\",\"role\":\"chair\"}", &why), 1);
    assert_true(village_put(&v, "{\"id\":\"d\",\"name\":\"라\",\"roles\":[\"auditor\"]}", &why));
    assert_int_equal(selected(&v, "{\"role\":\"auditor\"}", &why), 1);
    assert_int_equal(selected(&v, "{\"group\":\"nobody\"}", &why), -1);
    assert_int_equal(selected(&v, "{\"people\":[\"z\"]}", &why), -1);
    assert_int_equal(selected(&v, "\"team\"", &why), -1);
    assert_int_equal(selected(&v, "{\"grup\":\"team\"}", &why), -1);
    assert_int_equal(selected(&v, "5", &why), -1);
    village_done(&v);
}

// The same persons in the same order, and of each what an invitation needs.
TEST(people, selects_briefly)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    assert_true(village_put(&v,
                            "{\"id\":\"b\",\"name\":\"나\",\"email\":\"b@example.org\",\"phone\":"
                            "\"010\",\"groups\":[{\"group\":\"team\",\"role\":\"chair\"}]}",
                            &why));
    assert_true(village_put(&v, "{\"id\":\"a\",\"name\":\"가\",\"groups\":[\"team\"]}", &why));
    assert_true(village_put(
        &v, "{\"id\":\"c\",\"name\":\"다\",\"status\":\"left\",\"groups\":[\"team\"]}", &why));
    static const char *const selectors[] = {"{\"group\":\"team\"}",
                                            "[{\"people\":[\"b\",\"a\",\"b\",\"c\"]}]"};
    for (size_t i = 0; i < 2; i++) {
        json selector = village_json(selectors[i]), out;
        assert_true(people_select(
            v.people, selector,
            &(struct select_opts){.at_ms = VILLAGE_START_MS, .strict = true, .brief = true}, &out,
            &why));
        json people = json_get(out, "people"), second = json_at(people, 1);
        assert_int_equal(json_length(people), 2);
        assert_string_equal(json_get_text(second, "id", ""), "b");
        assert_string_equal(json_get_text(second, "email", ""), "b@example.org");
        assert_string_equal(json_get_text(second, "role", "none"), i == 0 ? "chair" : "none");
        assert_false(json_has(second, "phone"));
        assert_false(json_has(second, "groups"));
        json_free(second);
        json_free(people);
        json_free(out);
        json_free(selector);
    }
    village_done(&v);
}

// The ids of a page, with a blank behind each.
static void page(struct village *v, const char *selector, const char *after, char *out)
{
    struct fail why = {0};
    json value = village_json(selector), got;
    assert_true(people_select(
        v->people, value,
        &(struct select_opts){.at_ms = VILLAGE_START_MS, .brief = true, .after = after, .limit = 2},
        &got, &why));
    json people = json_get(got, "people");
    *out = 0;
    for (size_t i = 0; i < json_length(people); i++) {
        json person = json_at(people, i);
        strcat(out, json_get_text(person, "id", "?"));
        strcat(out, " ");
        json_free(person);
    }
    json_free(people);
    json_free(got);
    json_free(value);
}

TEST(people, are_selected_in_pages)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    static const char *const persons[] = {
        "{\"id\":\"a\",\"name\":\"가\",\"groups\":[\"one\",\"two\"]}",
        "{\"id\":\"b\",\"name\":\"나\",\"status\":\"left\",\"groups\":[\"one\"]}",
        "{\"id\":\"c\",\"name\":\"다\",\"status\":\"left\",\"groups\":[\"one\"]}",
        "{\"id\":\"d\",\"name\":\"라\",\"groups\":[{\"group\":\"one\",\"role\":\"chair\"}]}",
        "{\"id\":\"e\",\"name\":\"마\",\"groups\":[\"two\"]}",
        "{\"id\":\"f\",\"name\":\"바\",\"groups\":[\"one\",{\"group\":\"one\",\"since\":\"2013-01-"
        "01\","
        "\"role\":\"chair\"}]}"};
    for (size_t i = 0; i < sizeof persons / sizeof *persons; i++)
        assert_true(village_put(&v, persons[i], &why));
    // Who has left fills no page; who is in twice comes once; several groups are one list.
    static const struct {
        const char *selector, *after, *ids;
    } cases[] = {
        {"{\"group\":\"one\"}", NULL, "a d "},
        {"{\"group\":\"one\"}", "a", "d f "},
        {"{\"group\":\"one\"}", "d", "f "},
        {"{\"group\":\"one\"}", "f", ""},
        {"[{\"group\":\"one\"},{\"group\":\"two\"}]", NULL, "a d "},
        {"[{\"group\":\"one\"},{\"group\":\"two\"}]", "d", "e f "},
        {"[{\"group\":\"one\"},{\"group\":\"two\"}]", "f", ""},
        {"[{\"people\":[\"f\",\"e\",\"d\",\"a\"]}]", "a", "d e "},
        {"{\"group\":\"one\",\"role\":\"chair\"}", NULL, "d "},
    };
    char ids[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        page(&v, cases[i].selector, cases[i].after, ids);
        assert_string_equal(ids, cases[i].ids);
    }
    village_done(&v);
}

TEST(people, puts_groups_as_a_whole)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    assert_true(village_put(&v, "{\"id\":\"a\",\"name\":\"가\",\"groups\":[\"x\",\"y\"]}", &why));
    assert_true(village_put(&v, "{\"id\":\"a\",\"name\":\"가\",\"groups\":[\"y\"]}", &why));
    assert_true(village_put(&v, "{\"id\":\"a\",\"name\":\"가나\"}", &why));
    json person = people_get(v.people, "a", &why), groups = json_get(person, "groups");
    assert_int_equal(json_length(groups), 1);
    assert_string_equal(json_get_text(person, "name", ""), "가나");
    json_free(groups);
    json_free(person);
    village_done(&v);
}

static void check_preview(struct village *v, const char *csv, size_t bytes, const char *counts)
{
    struct fail why = {0};
    json preview;
    bool good = people_import_preview(v->people, csv, bytes, &preview, &why);
    if (!good)
        print_error("%s\n", why.message);
    assert_true(good);
    json got = json_get(preview, "counts");
    char *text = json_dump(got);
    assert_string_equal(text, counts);
    mem_free(text);
    json_free(got);
    json_free(preview);
}

static const char list[] = "\xEF\xBB\xBFid,name,email,groups,region\r\n"
                           "m01,\"서, 울\",m01@example.org,team; members,서울\r\n"
                           "m02,부산,m02@example.org,team,\r\n";

TEST(people, imports_in_two_steps)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json preview;
    village_init(&v);
    check_preview(&v, list, sizeof list - 1, "{\"add\":2,\"change\":0,\"refuse\":0,\"same\":0}");
    json groups = people_groups(v.people, &why);
    assert_int_equal(json_length(groups), 0);
    json_free(groups);
    assert_true(people_import_preview(v.people, list, sizeof list - 1, &preview, &why));
    assert_true(people_import_commit(v.people, preview, &why));
    json_free(preview);
    check_preview(&v, list, sizeof list - 1, "{\"add\":0,\"change\":0,\"refuse\":0,\"same\":2}");
    json person = people_get(v.people, "m01", &why),
         region = json_path(person, "attributes.region");
    assert_string_equal(json_get_text(person, "name", ""), "서, 울");
    assert_string_equal(json_text(region), "서울");
    json_free(region);
    json_free(person);
    village_done(&v);
}

// Excel writes decomposed names and blanks; what is stored has neither.
TEST(people, importing_the_same_list_again_changes_nothing)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    const char *csv = "id,name,email,groups,note\n"
                      "m01,\xE1\x84\x80\xE1\x85\xA9\xE1\x86\xBC ,m01@example.org, b ; a, x \n";
    json preview;
    struct fail why = {0};
    assert_true(people_import_preview(v.people, csv, strlen(csv), &preview, &why));
    assert_true(people_import_commit(v.people, preview, &why));
    json_free(preview);
    assert_true(people_import_preview(v.people, csv, strlen(csv), &preview, &why));
    json counts = json_get(preview, "counts");
    assert_int_equal(json_get_int(counts, "same", 0), 1);
    json_free(counts);
    json_free(preview);
    village_done(&v);
}

TEST(people, reads_cp949_and_names_bad_lines)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json preview;
    village_init(&v);
    static const char cp949[] = "id,name\nm01,\xBC\xAD\xBF\xEF\n"; // 서울
    check_preview(&v, cp949, sizeof cp949 - 1, "{\"add\":1,\"change\":0,\"refuse\":0,\"same\":0}");
    static const char bad[] = "id,name,note\n1,a,\n1,b,\n2,,\n3,c,900101-1234567\n4,d,x,y\n";
    assert_true(people_import_preview(v.people, bad, sizeof bad - 1, &preview, &why));
    char *text = json_dump(preview);
    assert_null(strstr(text, "900101"));
    assert_non_null(strstr(text, "\"line\":3"));
    assert_non_null(strstr(text, "same id as line 2"));
    assert_non_null(strstr(text, "\"refuse\":4"));
    assert_false(people_import_commit(v.people, preview, &why));
    mem_free(text);
    json_free(preview);
    json groups = people_find(v.people, "a", 10, &why);
    assert_int_equal(json_length(groups), 0);
    json_free(groups);
    assert_false(people_import_preview(v.people, "name\nx\n", 7, &preview, &why));
    assert_false(people_import_preview(v.people, "id,id,name\n", 11, &preview, &why));
    assert_false(people_import_preview(v.people, "id,name\n\"a", 10, &preview, &why));
    assert_false(people_import_preview(v.people, "", 0, &preview, &why));
    village_done(&v);
}

TEST(people, sees_resident_numbers)
{
    UNUSED_STATE;
    assert_true(text_has_resident_number("900101-1234567", 14));
    assert_true(text_has_resident_number("x9001011234567y", 15));
    assert_true(text_has_resident_number("900101 - 1234567", 16));
    assert_false(text_has_resident_number("901301-1234567", 14));
    assert_false(text_has_resident_number("010-1234-5678", 13));
    assert_false(text_has_resident_number("19001011234567", 14));
    assert_false(text_has_resident_number("900101-12345678", 15));
    assert_false(text_has_resident_number("900101", 6));
}

RUN(CASE(people, keeps_what_it_is_given), CASE(people, refuses_what_is_wrong),
    CASE(people, knows_who_was_a_member_when), CASE(people, selects_without_doubles),
    CASE(people, selects_briefly), CASE(people, are_selected_in_pages),
    CASE(people, puts_groups_as_a_whole), CASE(people, imports_in_two_steps),
    CASE(people, importing_the_same_list_again_changes_nothing),
    CASE(people, reads_cp949_and_names_bad_lines), CASE(people, sees_resident_numbers))
