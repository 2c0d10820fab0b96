/* shim_log.c: the log of what went wrong before there was a Python that could say it, and the texts' small helpers. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shim.h"

void shim_copy(char *to, size_t n_to, const char *text) {
    size_t n = strlen(text);
    if (n_to == 0)
        return;
    if (n >= n_to) {
        n = n_to - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) /* not in the middle of a character */
            n--;
    }
    memmove(to, text, n);
    to[n] = 0;
}

static void format_list(char *to, size_t n_to, const char *format, va_list list) {
    int n;
    if (n_to == 0)
        return;
    n = vsnprintf(to, n_to, format, list);
    to[n_to - 1] = 0; /* older C libraries forget it */
    if (n < 0 || (size_t)n >= n_to) {
        /* a character may have been cut: drop its lead byte and what follows */
        size_t end = strlen(to), lead = end;
        while (lead > 0 && ((unsigned char)to[lead - 1] & 0xC0) == 0x80)
            lead--;
        if (lead > 0 && (unsigned char)to[lead - 1] >= 0xC0) {
            const unsigned char c = (unsigned char)to[lead - 1];
            const size_t needs = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
            if (end - lead < needs)
                to[lead - 1] = 0;
        }
    }
}

void shim_format(char *to, size_t n_to, const char *format, ...) {
    va_list list;
    va_start(list, format);
    format_list(to, n_to, format, list);
    va_end(list);
}

const char *shim_tail(const char *path, size_t max_bytes, char *to, size_t n_to) {
    const size_t n = strlen(path);
    const char *from = path;
    if (n > max_bytes) {
        from = path + (n - max_bytes);
        while (((unsigned char)*from & 0xC0) == 0x80)
            from++;
    }
    shim_format(to, n_to, "%s%s", from == path ? "" : "...", from);
    return to;
}

static void write_record(const char *who, const char *text, size_t n_text) {
    char record[2048];
    char stamp[96];
    size_t n;
    shim_stamp(stamp, sizeof stamp);
    if (n_text > sizeof record - sizeof stamp - 32)
        n_text = sizeof record - sizeof stamp - 32;
    n = (size_t)snprintf(record, sizeof record, "%s %.16s: %.*s\n", stamp, who, (int)n_text, text);
    shim_append_log(record, n < sizeof record ? n : sizeof record - 1);
}

void shim_log(const char *format, ...) {
    char text[1800];
    va_list list;
    va_start(list, format);
    format_list(text, sizeof text, format, list);
    va_end(list);
    write_record("shim", text, strlen(text));
}

void shim_log_lines(const char *who, const char *text) {
    while (*text) {
        const size_t n = strcspn(text, "\r\n");
        if (n)
            write_record(who, text, n);
        text += n;
        text += strspn(text, "\r\n");
    }
}
