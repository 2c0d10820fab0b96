/* json_out.h: a string as JSON on stdout, for the test programs beside it. Bytes above 127 are passed on as they are.
 */
#ifndef ASIOKIT_TESTS_JSON_OUT_H
#define ASIOKIT_TESTS_JSON_OUT_H

#include <stdio.h>

static void print_json_string(const char *text) {
    const unsigned char *c;
    putchar('"');
    for (c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\' || *c < 32)
            printf("\\u%04x", *c);
        else
            putchar(*c);
    putchar('"');
}

#endif
