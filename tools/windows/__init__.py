"""tools: a real Windows CPython, a cross-compiler's SDK and a Wine prefix, assembled on Linux from PyPI.

`python -m tools.windows --help` lists what it does; the tests use `environment.ensure` and `wheel.build`.
"""
