#include "web/html.h"

#include <stdarg.h>

#include "base/must.h"
#include "net/form.h"

static void add_escaped(struct bytes *out, const char *text)
{
    for (; text && *text; text++) {
        switch (*text) {
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
            bytes_add_char(out, *text);
        }
    }
}

void html(struct bytes *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (const char *c = format; *c; c++) {
        if (*c != '%') {
            bytes_add_char(out, *c);
            continue;
        }
        switch (*++c) {
        case 's':
            add_escaped(out, va_arg(arguments, const char *));
            break;
        case 'r':
            bytes_add(out, va_arg(arguments, const char *));
            break;
        case 'd':
            bytes_printf(out, "%lld", (long long)va_arg(arguments, int64_t));
            break;
        case 'u':
            percent_encode(va_arg(arguments, const char *), out);
            break;
        case '%':
            bytes_add_char(out, '%');
            break;
        default:
            must_not_reach();
        }
    }
    va_end(arguments);
}
