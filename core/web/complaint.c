#include "web/complaint.h"

#include <string.h>

struct saying {
    const char *keyword;
    const char *number; // the keyword whose number the sentence names, or NULL
    const char *said[2];
};

// %s is the number.
static const struct saying sayings[] = {
    {"required", NULL, {"이 항목을 채워 주십시오.", "Please answer this."}},
    {"minimum", "minimum", {"%s 이상이어야 합니다.", "This must be %s or more."}},
    {"maximum", "maximum", {"%s 이하여야 합니다.", "This must be %s or less."}},
    {"exclusiveMinimum", "exclusiveMinimum", {"%s보다 커야 합니다.", "This must be more than %s."}},
    {"exclusiveMaximum",
     "exclusiveMaximum",
     {"%s보다 작아야 합니다.", "This must be less than %s."}},
    {"minLength", "minLength", {"%s자 이상 적어 주십시오.", "Please write %s characters or more."}},
    {"maxLength",
     "maxLength",
     {"%s자까지 적을 수 있습니다.", "Please write %s characters at most."}},
    {"minItems", "minItems", {"%s개 이상이어야 합니다.", "Please give %s or more."}},
    {"maxItems", "maxItems", {"%s개까지입니다.", "Please give %s at most."}},
    {"uniqueItems", NULL, {"같은 것이 두 번 있습니다.", "Something is there twice."}},
    {"enum", NULL, {"목록에 있는 것을 골라 주십시오.", "Please choose one of the list."}},
    {"pattern", NULL, {"적는 꼴이 맞지 않습니다.", "This is not written as it is asked for."}},
    {"additionalProperties",
     NULL,
     {"이 양식에 없는 항목입니다.", "This form does not ask for that."}},
};
static const struct saying formats[] = {
    {"email", NULL, {"전자우편 주소가 아닙니다.", "This is not an e-mail address."}},
    {"date",
     NULL,
     {"날짜를 2013-05-24처럼 적어 주십시오.", "Please write the date like 2013-05-24."}},
    {"uri", NULL, {"인터넷 주소가 아닙니다.", "This is not a web address."}},
};
static const struct saying types[] = {
    {"integer", NULL, {"숫자로 적어 주십시오.", "Please write a whole number."}},
    {"number", NULL, {"숫자로 적어 주십시오.", "Please write a number."}},
    {"boolean", NULL, {"예나 아니오를 골라 주십시오.", "Please choose yes or no."}},
};

static const struct saying *find(const struct saying *list, size_t count, const char *keyword)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].keyword, keyword) == 0)
            return &list[i];
    return NULL;
}
#define FIND(list, keyword) find(list, sizeof list / sizeof *list, keyword)

static void write_saying(const struct saying *s, enum language language, json property,
                         struct bytes *out)
{
    const char *text = s->said[language], *mark = strstr(text, "%s");
    if (!mark) {
        bytes_add(out, text);
        return;
    }
    bytes_append(out, text, (size_t)(mark - text));
    bytes_printf(out, "%lld", (long long)json_get_int(property, s->number, 0));
    bytes_add(out, mark + 2);
}

void complaint_write(enum language language, json violation, json property, struct bytes *out)
{
    const char *keyword = json_get_text(violation, "keyword", "");
    const struct saying *saying = FIND(sayings, keyword);
    if (strcmp(keyword, "format") == 0)
        saying = FIND(formats, json_get_text(property, "format", ""));
    else if (strcmp(keyword, "type") == 0)
        saying = FIND(types, json_get_text(property, "type", ""));
    // An answer that must have one character at least is one that must be given.
    if (strcmp(keyword, "minLength") == 0 && json_get_int(property, "minLength", 0) == 1)
        saying = FIND(sayings, "required");
    if (saying && (!saying->number || json_has(property, saying->number)))
        write_saying(saying, language, property, out);
    else
        bytes_add(out, json_get_text(violation, "message", ""));
}
