/* shim_windows.h: what the two Windows files of the shim share beyond shim.h. */
#ifndef ASIOKIT_SHIM_WINDOWS_H
#define ASIOKIT_SHIM_WINDOWS_H

#include <windows.h>

extern HMODULE shim_module; /* this library, as DllMain learned it */

wchar_t *shim_wide(const char *text); /* for free(); NULL if text is no UTF-8 */
int shim_narrow(const wchar_t *wide, char *text, size_t n_text);

#endif
