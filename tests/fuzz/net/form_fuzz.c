// Forms, urlencoded and multipart: the first byte chooses. What is read is within the limits and,
// but for files, valid UTF-8.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "net/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    struct arena arena;
    struct form form;
    struct fail why = {0};
    arena_init(&arena);
    bool good = data[0] & 1 ? form_read_multipart(&arena, "multipart/form-data; boundary=b", text,
                                                  size - 1, &form, &why)
                            : form_read_urlencoded(&arena, text, size - 1, &form, &why);
    if (!good)
        must(why.message[0]);
    for (size_t i = 0; good && i < form.count; i++) {
        const struct form_field *field = &form.fields[i];
        must(utf8_is_valid(field->name, strlen(field->name)));
        must(field->file || strlen(field->value) == field->bytes);
        must(field->file || utf8_is_valid(field->value, field->bytes));
        must(!field->file || !strpbrk(field->file, "/\\"));
    }
    must(!good || form.count <= LIMIT_FORM_FIELDS);
    arena_done(&arena);
    return 0;
}
