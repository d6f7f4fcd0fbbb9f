#include "web/admin.h"

#include <string.h>

#include "calendar/instant.h"
#include "web/html.h"

static const struct saying {
    const char *code, *said[2];
} sayings[] = {
    {"resident_number",
     {"주민등록번호처럼 보이는 것이 들어 있습니다. 주민등록번호는 어디에도 두지 않으니 빼 "
      "주십시오.",
      "This looks like a resident registration number, which is kept nowhere. Please leave it "
      "out."}},
    {"bad_address",
     {"전자우편 주소가 맞지 않습니다. name@example.org처럼 적어 주십시오.",
      "The e-mail address is not right. Please write it like name@example.org."}},
    {"bad_id",
     {"아이디, 그룹, 역할 이름에는 빈칸, 따옴표, 쉼표, 쌍반점을 쓸 수 없습니다.",
      "An id, group or role has no blanks, quotes, commas or semicolons."}},
    {"empty", {"아이디와 그룹 이름을 적어 주십시오.", "Please give an id and a group."}},
    {"no_name", {"이름을 적어 주십시오.", "Please give a name."}},
    {"too_long", {"너무 깁니다.", "This is too long."}},
    {"bad_text", {"글이 아닌 문자가 들어 있습니다.", "There is a character that is no text."}},
    {"bad_language", {"언어는 ko나 en입니다.", "The language is ko or en."}},
    {"bad_date",
     {"날짜를 2013-05-24처럼 적어 주십시오.", "Please write the date like 2013-05-24."}},
    {"no_day",
     {"끝나는 날이 시작하는 날보다 뒤여야 합니다. 끝나는 날에는 이미 회원이 아닙니다.",
      "The end must lie behind the beginning; on the day of the end one is no member any more."}},
    {"id_taken",
     {"이 아이디는 다른 사람이 쓰고 있습니다. 다른 아이디를 적어 주십시오.",
      "Somebody has this id already. Please give another."}},
    {"same_id", {"같은 아이디가 이 파일에 두 번 있습니다.", "This id is in the file twice."}},
    {"too_many_cells",
     {"첫 줄보다 칸이 많습니다. 쉼표가 든 칸은 따옴표로 묶어 주십시오.",
      "There are more cells than in the first line. A cell with a comma needs quotes."}},
    {"bad_header",
     {"첫 줄에 열 이름이 있어야 하고, 그 가운데 id와 name이 한 번씩 있어야 합니다.",
      "The first line must name the columns, with id and name once each."}},
    {"empty_file", {"빈 파일입니다.", "The file is empty."}},
    {"erased", {"이미 지운 사람입니다.", "This person has been erased."}},
    {"erased_id",
     {"지운 사람의 아이디는 다시 쓸 수 없습니다. 다른 아이디를 적어 주십시오.",
      "An erased person's id is not given again. Please give another."}},
    {"unknown_person",
     {"명부에 그런 사람이 없습니다.", "There is no such person in the directory."}},
    {"not_a_member",
     {"그날 이 그룹에 있지 않은 사람입니다.", "This person is not in the group at that time."}},
    {"reminded_already",
     {"알린 지 한 시간이 되지 않았습니다. 조금 뒤에 다시 해 주십시오.",
      "The last reminder is less than an hour old. Please wait before the next."}},
    {"all_answered", {"모두 답했습니다.", "Everybody has answered."}},
    {"not_confirmed", {"지우려면 확인란에 표시해 주십시오.", "Please tick the box to confirm."}},
    {"not_sure",
     {"회의를 마치려면 확인란에 표시해 주십시오.", "Please tick the box to end the meeting."}},
    {"not_open", {"아직 시작하지 않았습니다.", "This is not open yet."}},
    {"closed", {"끝났습니다.", "This is closed."}},
    {"not_eligible", {"명단에 없는 사람입니다.", "This person is not on the list."}},
};

static const struct saying notices[] = {
    {"saved", {"저장했습니다.", "Saved."}},
    {"erased", {"지웠습니다.", "Erased."}},
    {"imported", {"가져왔습니다.", "Imported."}},
    {"joined", {"그룹에 넣었습니다.", "Added to the group."}},
    {"left", {"그룹에서 뺐습니다.", "Taken out of the group."}},
    {"adjourned", {"회의를 마쳤습니다.", "The meeting has ended."}},
    {"reminded", {"알림을 보냈습니다.", "The reminder has been sent."}},
};

const char *admin_words(enum language language, const char *code, const char *message)
{
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++)
        if (strcmp(sayings[i].code, code) == 0)
            return sayings[i].said[language];
    return message;
}

void admin_write_refusal(struct page *p, const struct fail *why)
{
    if (why->kind != FAIL_NONE)
        html(&p->out, "<div class=refusal role=alert>%s</div>\n",
             admin_words(p->language, why->code, why->message));
}

void admin_write_done(struct page *p)
{
    const char *done = request_query(p->request, "done");
    for (size_t i = 0; done && i < sizeof notices / sizeof *notices; i++)
        if (strcmp(notices[i].code, done) == 0)
            html(&p->out, "<div class=\"notice good\" role=status>%s</div>\n",
                 notices[i].said[p->language]);
}

void admin_write_input(struct page *p, const struct admin_input *input)
{
    html(&p->out, "<div class=field><label for=\"i-%s\">%s", input->name, input->label);
    if (input->required)
        html(&p->out, "<span class=mark>(%s)</span>", word(p->language, WORD_REQUIRED));
    html(&p->out, "</label>");
    if (input->help)
        html(&p->out, "<p class=help id=\"h-%s\">%s</p>", input->name, input->help);
    html(&p->out, "<input id=\"i-%s\" name=\"%s\" type=\"%s\" value=\"%s\"", input->name,
         input->name, input->type ? input->type : "text", input->value);
    if (input->help)
        html(&p->out, " aria-describedby=\"h-%s\"", input->name);
    html(&p->out, "%r></div>\n", input->required ? " required" : "");
}

void admin_begin_table(struct page *p, const char *const *heads, size_t count)
{
    html(&p->out, "<div class=scroll tabindex=0><table><thead><tr>");
    for (size_t i = 0; i < count; i++)
        html(&p->out, heads[i][0] ? "<th scope=col>%s" : "<td>%s", heads[i]);
    html(&p->out, "</thead><tbody>\n");
}

void admin_end_table(struct page *p)
{
    html(&p->out, "</table></div>\n");
}

void admin_write_key(struct web *w, struct page *p)
{
    struct id key = id_new(engine_now_ms(w->opts.engine), &w->random);
    html(&p->out, "<input type=hidden name=_key value=\"%s\">", key.text);
}

const struct form *admin_form(struct request *r)
{
    struct fail why = {0};
    const struct form *form = request_form(r, &why);
    if (!form)
        page_fail(r, &why);
    return form;
}

void admin_record(struct web *w, struct request *r, const char *act, const char *on)
{
    json detail = json_object();
    json_set_text(&detail, "on", on);
    access_record(w->access, web_actor(w, r), &(struct act){.act = act, .detail = detail});
    json_free(detail);
}

void admin_write_day(struct web *w, struct page *p, const char *text)
{
    int64_t ms;
    struct fail why = {0};
    if (text && strchr(text, 'T') && instant_parse(text, &ms, &why)) {
        html(&p->out, "<time datetime=\"%s\">", text);
        moment_in(p->language, people_zone(w->opts.people), ms, &p->out);
        html(&p->out, "</time>");
    } else if (text)
        html(&p->out, "<time datetime=\"%s\">%s</time>", text, text);
}
