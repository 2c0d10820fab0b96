/* shim_script.h: the Python text that imports asiokit.entry, for shim_python.c.
 *
 * In: path (where asiokit is installed), mismatch ("" or why this Python can't have asiokit), capsule_name.
 * Out: capsule; or failure (one line for getErrorMessage) and report (for the log). It must not raise, and must run in
 * every Python from 3.8 on: a host may bring an old one. */
#ifndef ASIOKIT_SHIM_SCRIPT_H
#define ASIOKIT_SHIM_SCRIPT_H

static const char shim_script[] =
    "import sys, _thread\n"
    "def tail(path):\n"
    "    return path if len(path) < 40 else '...' + path[-36:]\n"
    /* One thread at a time: an import that has waited for another thread's failing one returns as if it had succeeded.
     * Kept in sys, where a second asiokit library of the process finds it. */
    "lock = vars(sys).setdefault('_asiokit_shim_lock', _thread.allocate_lock())\n"
    "lock.acquire()\n"
    "try:\n"
    "    try:\n"
    "        import asiokit\n"
    "    except ModuleNotFoundError as error:\n"
    "        if error.name != 'asiokit' or mismatch:\n"
    "            raise\n"
    "        if path not in sys.path:\n"
    "            sys.path.append(path)\n"
    "        import importlib\n"
    "        importlib.invalidate_caches()\n"
    "    import asiokit.entry\n"
    "    entry = sys.modules['asiokit.entry']\n"
    "    found = [v for v in vars(entry).values()\n"
    "             if type(v).__name__ == 'PyCapsule' and '\"%s\"' % capsule_name in repr(v)]\n"
    "    if found:\n"
    "        capsule = found[0]\n"
    "    else:\n"
    "        failure = 'asiokit.entry has no capsule %s: install asiokit again (%s)' % (\n"
    "            capsule_name, entry.__file__)\n"
    "        report = failure\n"
    "except BaseException as error:\n"
    "    if mismatch and getattr(error, 'name', '') in ('asiokit', 'asiokit.entry'):\n"
    "        failure = mismatch\n"
    "    elif getattr(error, 'name', '') == 'asiokit':\n"
    "        failure = 'the package asiokit is not in %s: install it again' % tail(path)\n"
    "    elif getattr(error, 'name', '') == 'asiokit.entry' and isinstance(error, ModuleNotFoundError):\n"
    "        where = list(getattr(sys.modules.get('asiokit'), '__path__', ['?']))[0]\n"
    "        failure = 'asiokit.entry is not in %s for Python %d.%d: install asiokit again' % (\n"
    "            tail(where), sys.version_info[0], sys.version_info[1])\n"
    "    else:\n"
    "        try:\n"
    "            text = str(error)\n"
    "        except BaseException:\n"
    "            text = 'it gives no text'\n"
    "        failure = 'asiokit.entry: %s: %s' % (type(error).__name__, text)\n"
    "    failure = ' '.join(failure.split()).encode('utf-8', 'replace').decode()\n"
    "    try:\n"
    "        import traceback\n"
    "        report = ''.join(traceback.format_exception(type(error), error, error.__traceback__))\n"
    "        report += 'sys.path %r, sys.prefix %r' % (sys.path, sys.prefix)\n"
    "        report = report.encode('utf-8', 'replace').decode()\n"
    "    except BaseException:\n"
    "        report = failure\n"
    "finally:\n"
    "    lock.release()\n";

#endif
