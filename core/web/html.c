#include "web/html.h"

#include <stdarg.h>
#include <string.h>

#include "base/markup.h"
#include "base/must.h"
#include "net/form.h"

void html(struct bytes *out, const char *format, ...)
{
    va_list arguments;
    const char *text;
    va_start(arguments, format);
    for (const char *c = format; *c; c++) {
        if (*c != '%') {
            bytes_add_char(out, *c);
            continue;
        }
        switch (*++c) {
        case 's':
            text = va_arg(arguments, const char *);
            markup_escape(text ? text : "", text ? strlen(text) : 0, out);
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
