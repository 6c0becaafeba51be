"""A backup is the same kind of file whatever engine the office runs on."""

from pathlib import Path

from scripts import backup, restore
from surveys import keys
from surveys.backup_rotation import backups_in
from surveys.responses import save
from surveys.sealed_file import read_public
from surveys.store import Store
from tests.scripts.conftest import run
from tests.surveys.test_responses import response, rows_in


def test_an_office_comes_back_as_a_file_from_either_engine(
    store: Store, office_keys: keys.Keys, tmp_path: Path
) -> None:
    for one in range(9):
        save(store, response(texts={"comment": f"第{one}条"}))
    before = rows_in(store, "SELECT * FROM responses ORDER BY id")
    run(backup.main, "keygen", "--out", tmp_path / "keys")
    public = read_public((tmp_path / "keys/huiyin-backup-public.key").read_text(encoding="utf-8"))
    (tmp_path / "kept").mkdir()
    backup.run(store.path, tmp_path / "kept", tmp_path / "kept", public, dict)
    [kept] = backups_in(tmp_path / "kept")
    private = tmp_path / "keys/huiyin-backup-private.key"
    told = run(restore.main, kept.path, "--private-key", private, "--to", tmp_path / "again")
    assert told.exit_code == 0, told.stderr
    with Store.open(tmp_path / "again/huiyin.db") as again:
        assert [tuple(row) for row in rows_in(again, "SELECT * FROM responses ORDER BY id")] == [
            tuple(row) for row in before
        ]
    assert keys.load_keys(tmp_path / "again/huiyin.db", create=False) == office_keys
