"""The command-line face: every module here that has a `main` runs as `python -m scripts.NAME`."""
