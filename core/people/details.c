#include "people/details.h"

#include <string.h>

#include "base/mem.h"
#include "people/directory.h"

static const struct details_text *known(const struct details *d, const struct value *text)
{
    for (size_t i = 0; i < DETAILS_TEXTS_MAX; i++) {
        const struct details_text *one = &d->known[i];
        if (one->text != NULL && one->bytes == text->bytes &&
            memcmp(one->text, text->data, text->bytes) == 0)
            return one;
    }
    return NULL;
}

static void drop(struct details_text *one)
{
    if (one->text == NULL)
        return;
    mem_free(one->text);
    json_free(one->value);
    *one = (struct details_text){0};
}

static void learn(struct details *d, const struct value *text, json value)
{
    struct details_text *one = &d->known[d->next++ % DETAILS_TEXTS_MAX];
    drop(one);
    *one = (struct details_text){mem_string_sized(text->data, text->bytes), text->bytes,
                                 json_ref(value)};
}

bool item_kept(struct people *p, const struct row *item, json *out, struct fail *why)
{
    const struct value *text = &item->columns[ITEM_DETAIL];
    const struct details_text *one = text->kind == VALUE_BLOB ? known(&p->details, text) : NULL;
    if (one != NULL) {
        *out = json_ref(one->value);
        return true;
    }
    if (!row_json(item, ITEM_DETAIL, out, why))
        return false;
    if (text->kind == VALUE_BLOB && text->bytes <= DETAILS_TEXT_BYTES)
        learn(&p->details, text, *out);
    return true;
}

void details_forget(struct details *d)
{
    for (size_t i = 0; i < DETAILS_TEXTS_MAX; i++)
        drop(&d->known[i]);
}
