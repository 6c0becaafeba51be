"""Each bench runs to its end when it is small, and reports its figures as JSON; what they are is not judged here."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.cases import BENCHES


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_gives_figures(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--small", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == (tmp_path / "build/bench.jsonl").read_text("utf-8").splitlines()
    for figure in map(json.loads, lines):
        assert figure["name"].startswith(f"{name}: ")
        assert figure["value"] > 0 < figure["baseline"]
        assert {"unit", "ratio"} <= set(figure)


def test_a_bench_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert "there are form, submit" in capsys.readouterr().err
