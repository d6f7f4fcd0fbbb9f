#include "base/markup.h"

void markup_escape(const char *text, size_t length, struct bytes *out)
{
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '&':
            bytes_add(out, "&amp;");
            break;
        case '<':
            bytes_add(out, "&lt;");
            break;
        case '>':
            bytes_add(out, "&gt;");
            break;
        case '"':
            bytes_add(out, "&quot;");
            break;
        case '\'':
            bytes_add(out, "&#39;");
            break;
        default:
            bytes_add_char(out, text[i]);
        }
    }
}
