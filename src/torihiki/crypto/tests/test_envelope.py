"""The root key: made once, whoever asks first."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from torihiki.crypto import envelope


def test_of_twenty_that_ask_at_once_all_get_the_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORIHIKI_ROOT_KEY", raising=False)
    file, start = tmp_path / "keys" / "root.key", Barrier(20)

    def ask(_number: int) -> bytes:
        start.wait()
        return envelope.root_key.__wrapped__(file)

    with ThreadPoolExecutor(20) as threads:
        found = set(threads.map(ask, range(20)))
    assert found == {base64.b64decode(file.read_bytes())}
    assert [one.name for one in file.parent.iterdir()] == ["root.key"], "nothing is left beside it"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
