#include "people/kept.h"

#include <string.h>

#include "base/mem.h"
#include "people/directory.h"

static const struct kept_text *known(const struct kept *k, const struct value *text)
{
    for (size_t i = 0; i < KEPT_TEXTS_MAX; i++) {
        const struct kept_text *one = &k->known[i];
        if (one->text != NULL && one->bytes == text->bytes &&
            memcmp(one->text, text->data, text->bytes) == 0)
            return one;
    }
    return NULL;
}

static void drop(struct kept_text *one)
{
    if (one->text == NULL)
        return;
    mem_free(one->text);
    json_free(one->value);
    *one = (struct kept_text){0};
}

static void learn(struct kept *k, const struct value *text, json value)
{
    struct kept_text *one = &k->known[k->next++ % KEPT_TEXTS_MAX];
    drop(one);
    *one =
        (struct kept_text){mem_string_sized(text->data, text->bytes), text->bytes, json_ref(value)};
}

bool item_kept(struct people *p, const struct row *item, json *out, struct fail *why)
{
    const struct value *text = &item->columns[ITEM_DETAIL];
    const struct kept_text *one = text->kind == VALUE_BLOB ? known(&p->kept, text) : NULL;
    if (one != NULL) {
        *out = json_ref(one->value);
        return true;
    }
    if (!row_json(item, ITEM_DETAIL, out, why))
        return false;
    if (text->kind == VALUE_BLOB && text->bytes <= KEPT_TEXT_BYTES)
        learn(&p->kept, text, *out);
    return true;
}

void kept_forget(struct kept *k)
{
    for (size_t i = 0; i < KEPT_TEXTS_MAX; i++)
        drop(&k->known[i]);
}
