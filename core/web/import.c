// Importing the directory from CSV: the file, a preview of every line, and only then the commit.
// The preview carries the file and a digest of what was shown; the commit makes the preview anew
// and writes only if it is the same, so that nobody commits what he has not seen.
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "web/admin.h"
#include "web/html.h"

#define ROWS_SHOWN 500

static void write_upload(struct page *p)
{
    html(
        &p->out, "<p>%s</p>",
        two(p,
            "첫 줄은 열 이름입니다: id, name, email, phone, language, groups(쌍반점으로 나눔)와 그 "
            "밖의 것. 엑셀에서 저장한 CSV(UTF-8, CP949)를 그대로 올리십시오. 미리보기에서 "
            "확인하기 전에는 아무것도 저장되지 않습니다.",
            "The first line names the columns: id, name, email, phone, language, groups (divided "
            "by semicolons) and whatever else. UTF-8 or CP949 as Excel saves it. Nothing is "
            "stored before you have seen the preview."));
    html(&p->out,
         "<form method=post enctype=multipart/form-data action=\"/console/people/-/import\">");
    web_write_csrf(p);
    html(&p->out,
         "<div class=field><label for=file>%s</label><input type=file id=file name=file "
         "accept=\".csv,text/csv\" required></div><p class=row><button>%s</button><a "
         "href=\"/console/people\">%s</a></p></form>\n",
         two(p, "CSV 파일", "CSV file"), two(p, "미리보기", "Preview"),
         word(p->language, WORD_BACK));
}

static void reply_upload(struct request *r, const struct fail *why)
{
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "CSV에서 가져오기" : "Import CSV", true);
    admin_write_refusal(&p, why);
    write_upload(&p);
    page_reply(&p, why->kind == FAIL_NONE ? 200 : problem_status(why));
}

static void show_upload(void *context, struct request *r)
{
    (void)context;
    struct fail none = {0};
    reply_upload(r, &none);
}

// ---- the preview

static const char *action_in(struct page *p, const char *action)
{
    if (strcmp(action, "add") == 0)
        return two(p, "새로", "add");
    if (strcmp(action, "change") == 0)
        return two(p, "고침", "change");
    return strcmp(action, "same") == 0 ? two(p, "그대로", "same") : two(p, "못 받음", "refused");
}

static void write_counts(struct page *p, json counts)
{
    static const char *const names[] = {"add", "change", "same", "refuse"};
    html(&p->out, "<ul class=cards>");
    for (size_t i = 0; i < 4; i++)
        html(&p->out, "<li><strong>%d</strong>%s", json_get_int(counts, names[i], 0),
             action_in(p, names[i]));
    html(&p->out, "</ul>\n");
}

static void write_problems(struct page *p, json row)
{
    json texts = json_get(row, "problems"), codes = json_get(row, "codes");
    for (size_t i = 0; i < json_length(texts); i++) {
        json text = json_at(texts, i), code = json_at(codes, i);
        html(
            &p->out, "%r%s", i ? "<br>" : "",
            admin_words(p->language, json_is_string(code) ? json_text(code) : "", json_text(text)));
        json_free(text);
        json_free(code);
    }
    json_free(texts);
    json_free(codes);
}

static void write_joined(struct bytes *out, json person, const char *key)
{
    json value = json_get(person, key);
    for (size_t i = 0; i < json_length(value) && json_is_array(value); i++) {
        json item = json_at(value, i);
        html(out, "%r%s", i ? ", " : "", json_is_string(item) ? json_text(item) : "");
        json_free(item);
    }
    if (json_is_string(value))
        html(out, "%s", json_text(value));
    if (json_is_object(value)) {
        struct json_cursor cursor = JSON_CURSOR_START;
        const char *name = NULL;
        json one;
        for (bool first = true; json_next(value, &cursor, &name, &one); first = false)
            html(out, "%r%s: %s", first ? "" : ", ", name,
                 json_is_string(one) ? json_text(one) : "…");
    }
    json_free(value);
}

// "전: 서울" under a value that changes.
static void write_cell(struct page *p, json row, const char *key)
{
    json person = json_get(row, "person"), before = json_get(row, "before"),
         now = json_get(person, key), was = json_get(before, key);
    html(&p->out, "<td>");
    write_joined(&p->out, person, key);
    if (json_is_object(before) && !json_is_absent(now) && !json_equal(now, was)) {
        struct bytes old;
        bytes_init(&old, 1 << 20);
        write_joined(&old, before, key);
        html(&p->out, "<br><span class=quiet-text>%s: %r</span>", two(p, "전", "was"),
             old.length ? old.data : "–");
        bytes_done(&old);
    }
    json_free(was);
    json_free(now);
    json_free(before);
    json_free(person);
}

static void write_row(struct page *p, json row)
{
    static const char *const keys[] = {"id", "name", "email", "phone", "groups", "attributes"};
    const char *action = json_get_text(row, "action", "");
    html(&p->out, "<tr class=%s><td class=number>%d<td>%s<td>", action,
         json_get_int(row, "line", 0), action_in(p, action));
    write_problems(p, row);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        write_cell(p, row, keys[i]);
}

// Refused lines first: they are what keeps the clerk from going on.
static size_t write_rows(struct page *p, json rows, const char *action, size_t shown)
{
    for (size_t i = 0; i < json_length(rows) && shown < ROWS_SHOWN; i++) {
        json row = json_at(rows, i);
        if (strcmp(json_get_text(row, "action", ""), action) == 0) {
            write_row(p, row);
            shown++;
        }
        json_free(row);
    }
    return shown;
}

static void write_table(struct page *p, json preview)
{
    static const char *const actions[] = {"refuse", "change", "add", "same"};
    json rows = json_get(preview, "rows");
    size_t shown = 0;
    admin_begin_table(p,
                      (const char *[]){two(p, "줄", "Line"), two(p, "할 일", "What"),
                                       two(p, "까닭", "Why"), two(p, "아이디", "Id"),
                                       two(p, "이름", "Name"), word(p->language, WORD_EMAIL),
                                       two(p, "전화", "Phone"), two(p, "그룹", "Groups"),
                                       two(p, "그 밖의 것", "Other facts")},
                      9);
    for (size_t i = 0; i < 4; i++)
        shown = write_rows(p, rows, actions[i], shown);
    admin_end_table(p);
    if (shown < json_length(rows))
        html(&p->out, "<p>%s: %d</p>", two(p, "더 있는 줄", "More lines"),
             (int64_t)(json_length(rows) - shown));
    json_free(rows);
}

static void digest_of(json preview, char out[HASH_HEX_SIZE])
{
    char *text = json_dump(preview);
    struct hash hash = hash_of(text, strlen(text));
    hash_hex(&hash, out);
    mem_free(text);
}

static void write_commit(struct page *p, json preview, const char *csv, size_t bytes)
{
    char digest[HASH_HEX_SIZE];
    char *coded = mem_alloc(BASE64_SIZE(bytes));
    base64_encode(csv, bytes, coded);
    digest_of(preview, digest);
    html(&p->out, "<form method=post action=\"/console/people/-/import/commit\">");
    web_write_csrf(p);
    html(&p->out,
         "<input type=hidden name=file value=\"%r\"><input type=hidden name=seen "
         "value=\"%s\"><p class=row><button>%s</button><a "
         "href=\"/console/people/-/import\">%s</a></p></form>\n",
         coded, digest, two(p, "이대로 가져오기", "Import this"),
         two(p, "다른 파일", "Another file"));
    mem_free(coded);
}

struct upload {
    const char *csv;
    size_t bytes;
    const char *warning; // NULL: none
};

static void reply_preview(struct request *r, const struct upload *u, json preview)
{
    struct page p;
    json counts = json_get(preview, "counts");
    bool refused = json_get_int(counts, "refuse", 0) > 0,
         nothing = json_get_int(counts, "add", 0) + json_get_int(counts, "change", 0) == 0;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "가져오기 미리보기" : "Preview of the import",
               true);
    if (u->warning)
        html(&p.out, "<div class=refusal role=alert>%s</div>\n", u->warning);
    write_counts(&p, counts);
    if (refused)
        html(
            &p.out, "<p class=\"notice warn\">%s</p>",
            two(&p,
                "받을 수 없는 줄이 있어 아직 가져올 수 없습니다. 파일에서 고쳐 다시 올려 주십시오.",
                "Some lines cannot be taken. Please mend them in the file and send it again."));
    else if (nothing)
        html(&p.out, "<p class=\"notice good\">%s</p>",
             two(&p, "명부와 같습니다. 가져올 것이 없습니다.",
                 "The directory says the same already. There is nothing to import."));
    if (refused || nothing)
        html(&p.out, "<p><a class=button href=\"/console/people/-/import\">%s</a></p>",
             two(&p, "다른 파일", "Another file"));
    else
        write_commit(&p, preview, u->csv, u->bytes);
    write_table(&p, preview);
    page_reply(&p, u->warning ? 409 : 200);
    json_free(counts);
}

static void receive_file(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json preview;
    const struct form *form = admin_form(r);
    if (!form)
        return;
    const struct form_field *file = form_field(form, "file");
    if (!file || file->bytes == 0)
        fail_code(&why, FAIL_INVALID, "empty_file", "there is no file");
    if (why.kind != FAIL_NONE ||
        !people_import_preview(w->opts.people, file->value, file->bytes, &preview, &why)) {
        reply_upload(r, &why);
        return;
    }
    reply_preview(r, &(struct upload){.csv = file->value, .bytes = file->bytes}, preview);
    json_free(preview);
}

// ---- the commit

static void record(struct web *w, struct request *r, json preview, const char *digest)
{
    json what = json_object(), counts = json_get(preview, "counts");
    json_set_text(&what, "digest", digest);
    json_set_int(&what, "added", json_get_int(counts, "add", 0));
    json_set_int(&what, "changed", json_get_int(counts, "change", 0));
    json_free(counts);
    web_record(w, r, "people-import", NULL, what);
}

static void commit(struct web *w, struct request *r, const struct upload *u, const char *seen)
{
    struct fail why = {0};
    char digest[HASH_HEX_SIZE];
    json preview;
    if (!people_import_preview(w->opts.people, u->csv, u->bytes, &preview, &why)) {
        reply_upload(r, &why);
        return;
    }
    digest_of(preview, digest);
    if (strcmp(digest, seen) != 0) {
        struct upload again = *u;
        again.warning = language_of(r) == LANGUAGE_KO
                            ? "미리보기를 보신 뒤에 명부가 바뀌었습니다. 아무것도 저장하지 "
                              "않았습니다. 지금의 미리보기를 다시 확인해 주십시오."
                            : "The directory has changed since you saw the preview. Nothing was "
                              "stored. Please look at it again as it is now.";
        reply_preview(r, &again, preview);
    } else if (people_import_commit(w->opts.people, preview, &why)) {
        record(w, r, preview, digest);
        web_redirect_after_commit(w, r, "/console/people?done=imported");
    } else {
        reply_upload(r, &why);
    }
    json_free(preview);
}

static void receive_commit(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    size_t bytes = 0;
    const struct form *form = admin_form(r);
    if (!form)
        return;
    const struct form_field *file = form_field(form, "file");
    size_t coded = file ? file->bytes : 0;
    char *csv = mem_alloc(coded + 1);
    if (file && base64_decode(file->value, coded, csv, coded, &bytes) && bytes > 0) {
        commit(w, r, &(struct upload){.csv = csv, .bytes = bytes}, form_text(form, "seen", ""));
    } else {
        fail_code(&why, FAIL_INVALID, "empty_file", "there is no file");
        reply_upload(r, &why);
    }
    mem_free(csv);
}

void import_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/people/-/import", show_upload, PERMIT_PEOPLE},
        {"POST", "/console/people/-/import", receive_file, PERMIT_PEOPLE},
        {"POST", "/console/people/-/import/commit", receive_commit, PERMIT_PEOPLE},
    };
    CONSOLE_ADD(w, places);
}
