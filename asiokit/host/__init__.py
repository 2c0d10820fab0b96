"""host: opens any ASIO driver, ours or a vendor's, plays and records through it.

Imports nothing of the driver side (com, engine, device): a harness that shares code with the driver can't find the
driver's mistakes. The pieces: open and registry find a driver, native holds it, session runs it, stream is the
comfortable face of all three.
"""
