"""`python -m benchmarks [--small] [NAME …]`: run benches and print one JSON object per figure."""

import sys

from benchmarks.cases import BENCHES


def main(arguments: list[str]) -> int:
    """Run the named benches, or all."""
    small = "--small" in arguments
    names = [name for name in arguments if name != "--small"] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench {unknown[0]}: there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in names:
        for figure in BENCHES[name](small):
            figure.report()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
