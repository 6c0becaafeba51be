"""Runs a script that reads a stranger's bytes, in a process with little memory, little time and no files to write.

Readers of pictures and tables have faults, and a small file can unfold into gigabytes; what runs here dies alone.
"""

import resource
import runpy
import sys
from types import ModuleType


def command(script: ModuleType, memory: int, seconds: int, *arguments: str) -> tuple[str, ...]:
    """What starts `main` of a script, alone, with at most `memory` bytes and `seconds` of a processor."""
    return (sys.executable, "-I", __file__, str(memory), str(seconds), str(script.__file__), *arguments)


def confine(memory: int, seconds: int) -> None:
    """Give up all that reading one file does not need, before a byte of it is read."""
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    confine(*map(int, sys.argv[1:3]))
    del sys.argv[:3]
    sys.exit(runpy.run_path(sys.argv[0])["main"]())
