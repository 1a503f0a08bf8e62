"""The parts of `up` that need no server: ports, homes, passwords, logs, versions."""

import io
import os
import shutil
import socket
import stat
from contextlib import closing
from types import SimpleNamespace

import pytest

from torihiki.project import cli
from torihiki.project.local import binaries, cluster, home, logs, passwords, ports, refusals
from torihiki.project.local.account import server_account


def test_each_refusal_has_an_exit_code_of_its_own():
    codes = [each.exit_code for each in refusals.Refusal.__subclasses__()]
    assert len(codes) == len(set(codes))
    assert not {0, 1, 2, 17} & set(codes)


def test_every_command_is_listed_with_a_line(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    for command in cli.COMMANDS:
        assert command.name in shown
        assert command.help.split(":")[0].split()[0] in shown


def test_words_that_no_command_knows_are_refused():
    with pytest.raises(SystemExit) as refused:
        cli.main(["up", "--prot", "1"])
    assert refused.value.code == 2


def test_a_taken_port_is_refused_and_a_free_one_is_not():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(refusals.PortInUse, match=f"Port {port}, needed for the portal"):
            ports.check_free("127.0.0.1", port, 0, what="the portal", remedy="")
    ports.check_free("127.0.0.1", port, 0, what="the portal", remedy="")


def test_a_full_disk_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**6))
    with pytest.raises(refusals.DiskFull, match="0 MiB left"):
        home.make_home(home.Home(tmp_path / "var"))


def test_only_one_holds_a_home_and_the_next_hears_of_a_kill(tmp_path):
    it = home.Home(tmp_path)
    with home.only_one(it) as after_kill:
        assert not after_kill
        with pytest.raises(refusals.AlreadyRunning, match=str(os.getpid())), home.only_one(it):
            pass
    with home.only_one(it) as after_kill:
        assert not after_kill
    (tmp_path / "up.lock").write_text("123\n")
    with home.only_one(it) as after_kill:
        assert after_kill


def test_passwords_are_made_once_and_private(tmp_path):
    file = tmp_path / "keys" / "passwords.json"
    first = passwords.passwords(file)
    assert passwords.passwords(file) == first
    assert len(set(first.values())) == 5
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_long_path_gets_a_short_folder_for_its_socket(tmp_path):
    deep = tmp_path / ("x" * 100)
    account = server_account()
    sockets = cluster._socket_folder(deep, account)
    assert len(str(sockets / ".s.PGSQL.8432")) < cluster.SOCKET_PATH_BYTES_MAX
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert cluster._socket_folder(deep, account) == sockets
    sockets.rmdir()


def test_a_socket_folder_of_someone_else_is_refused(tmp_path, monkeypatch):
    deep = tmp_path / ("x" * 100)
    account = server_account()
    sockets = cluster._socket_folder(deep, account)
    sockets.rmdir()
    sockets.symlink_to(tmp_path)
    with pytest.raises(refusals.HomeUnwritable, match="belongs to another user"):
        cluster._socket_folder(deep, account)
    sockets.unlink()


def test_no_server_programs_are_said(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries, "DEBIAN_FOLDERS", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(refusals.PostgresMissing, match="apt-get install postgresql"):
        binaries.find()


def test_a_log_stays_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "LOG_BYTES_MAX", 1_000)
    file = tmp_path / "x.log"
    logs.copy_to_log(io.BytesIO(b"".join(b"line %d\n" % number for number in range(1_000))), file).join()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["x.log", "x.log.1", "x.log.2"]
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= 3_000
    assert logs.tail(file, 1) == "line 999"
