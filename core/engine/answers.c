#include "engine/answers.h"

void answer_call(struct live *l, struct wait_address address, json value_take, bool failed)
{
    struct inbox_entry *entry =
        inbox_entry_new(INBOX_MACHINE, INPUT_RESULT, address,
                        json_is_absent(value_take) ? json_null() : value_take);
    entry->failed = failed;
    inbox_put_urgent(&l->inbox, entry);
}

void answer_problem(struct live *l, struct wait_address address, const char *type, int status,
                    const char *title, const char *detail)
{
    answer_call(l, address, problem_new(type, status, title, detail, address.path), true);
}
