"""Bytes changed on the way, servers that die, break off and turn away: repeated so often, then told; nothing is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

import pytest

from recon_assets.io_managers.adls import resource
from recon_assets.io_managers.adls.folder import SENDINGS
from recon_assets.io_managers.stored_table import StoredTable
from recon_assets_tests.assets.conftest import errors_of
from recon_assets_tests.azurite.conftest import Lake, new_lake
from recon_assets_tests.azurite.proxy import Answer, Proxy, Request
from recon_assets_tests.azurite.server import Azurite
from recon_assets_tests.io_managers.helpers import rows

FEW, MANY = (1, 2, 3), range(60_000)  # one request, and some blocks


def flip(request: Request) -> bytes:
    """The same bytes but for one bit of the middle one."""
    body = bytearray(request.body)
    body[len(body) // 2] ^= 1
    return bytes(body)


def to(what: Callable[[Request], bool], do: Callable[[Request], bytes | Answer | None], times: int = 10**9):
    """Do something to the first so many requests of a kind."""
    lock, left = Lock(), [times]

    def meddle(request: Request) -> bytes | Answer | None:
        if not what(request):
            return None
        with lock:
            if not left[0]:
                return None
            left[0] -= 1
            return do(request)

    return meddle


def data(request: Request) -> bool:
    return request.sends_data


def manifest(request: Request) -> bool:
    return request.method == "PUT" and request.path.endswith("current.json")


def published(lake: Lake) -> StoredTable:
    """A table published before anything goes wrong."""
    assert lake.copy(lake.table(rows(77))).success
    return lake.current()


@pytest.mark.parametrize("ids", [FEW, MANY], ids=["one request", "blocks"])
def test_bytes_changed_once_on_the_way_are_sent_again(lake, small_blocks, ids):
    lake.proxy.meddle = to(data, flip, times=1)
    assert lake.copy(lake.table(rows(*ids))).success
    lake.current().read_back()


@pytest.mark.parametrize("ids", [FEW, MANY], ids=["one request", "blocks"])
def test_bytes_changed_always_fail_the_run_after_so_many_sendings_and_the_last_good_table_stays(
    lake, small_blocks, ids
):
    before, table = published(lake), lake.table(rows(*ids))
    sent = len(lake.proxy.sent())
    lake.proxy.meddle = to(data, flip)
    run = lake.copy(table)
    assert "path tables/r/T_adls/" in errors_of(run) and "bytes arrive changed, each time anew" in errors_of(run)
    requests = -(-table.size // small_blocks) if table.size > small_blocks else 1
    assert SENDINGS <= len(lake.proxy.sent()) - sent <= SENDINGS * requests
    lake.proxy.meddle = lambda request: None
    assert lake.current() == before and lake.folders() == {before.folder.name}
    assert lake.copy(table).success


def test_a_manifest_changed_on_the_way_is_sent_again(lake):
    lake.proxy.meddle = to(manifest, flip, times=1)
    assert lake.copy(lake.table(rows(*FEW))).success
    lake.current().check_intact()


@pytest.mark.parametrize("what", [data, manifest])
def test_a_moments_throttling_is_bridged(lake, what):
    lake.proxy.meddle = to(what, lambda request: Answer(503, "ServerBusy"), times=resource.REPEATS)
    assert lake.copy(lake.table(rows(*FEW))).success


def test_lasting_throttling_fails_the_run_after_so_many_tries(lake):
    before, table = published(lake), lake.table(rows(*FEW))
    sent = len(lake.proxy.sent())
    lake.proxy.meddle = to(data, lambda request: Answer(503, "ServerBusy"))
    assert "the storage turns requests away for their number or volume: run again later" in errors_of(lake.copy(table))
    assert len(lake.proxy.sent()) - sent == 1 + resource.REPEATS
    assert lake.current() == before


def test_the_repeats_reach_over_ten_seconds_and_not_over_thirty(monkeypatch):
    monkeypatch.undo()
    waits = [resource.retries().get_backoff_time({"count": n}) for n in range(resource.REPEATS)]
    assert 10 < sum(waits) < 30


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Lake]:
    """A lake on a server of its own, which has written what it holds so far."""
    server = Azurite(tmp_path / "azurite")
    with Proxy(server).serving() as proxy:
        lake = new_lake(server, "mortal", tmp_path / "snapshots", proxy)
        published(lake)
        server.stop()
        server.start()
        yield lake
    server.stop()


def test_a_server_killed_in_mid_upload_and_restarted_has_the_whole_file_in_the_end(mortal, small_blocks):
    table = mortal.table(rows(*MANY))
    blocks = -(-table.size // small_blocks)
    sent = len(mortal.proxy.sent())

    def half_is_sent(request: Request) -> bool:
        return request.sends_data and len(mortal.proxy.sent()) - sent >= blocks // 2

    def restart(request: Request) -> None:
        mortal.proxy.azurite.kill()
        mortal.proxy.azurite.start()

    mortal.proxy.meddle = to(half_is_sent, restart, times=1)
    run = mortal.copy(table)
    assert run.success, errors_of(run)
    assert len(mortal.proxy.sent()) - sent > blocks
    copy = mortal.current()
    copy.read_back()
    assert copy.files == table.files


def test_a_server_that_stays_dead_fails_the_run_and_a_later_one_succeeds(mortal, small_blocks):
    before, table = mortal.current(), mortal.table(rows(*MANY))
    mortal.proxy.meddle = to(data, lambda request: mortal.proxy.azurite.kill(), times=1)
    run = mortal.copy(table)
    assert "account reconassets, container mortal, path tables/r/T_adls/" in errors_of(run)
    assert "the connection broke off, several times: run again once the network holds" in errors_of(run)
    mortal.proxy.azurite.start()
    assert mortal.current() == before
    before.read_back()
    assert mortal.copy(table).success
    mortal.current().read_back()
