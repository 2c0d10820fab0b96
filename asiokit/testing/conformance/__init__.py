"""testing: a conformance suite for any ASIO driver: named checks, each a rule with its source, each on a fresh driver.

case says what a check is, bench what it works with; the checks stand in the modules that suite lists; run runs them in
child processes, so that a crash or a hang is a finding; report shows what was found. All of it is a host: nothing of
the driver side (com, engine, device) is imported.
"""
