"""The spool: bounded, in order, private, and readable whatever a crash or a full disk left."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.programs import CHECKOUT, until
from tracking.domain.readings import READING
from tracking.feeds import spool as spools
from tracking.feeds.spool import Spool
from tracking.queries.spool import Unreadable, heard, kept_files, standing
from tracking.wire import spooled

BEGAN = 1_764_000_000.0
MB = 2**20


def readings(tags, at=BEGAN, rssi=-60.5):
    """READING records of these tags, all at one moment and of one gateway."""
    made = np.array([(tag, 7, rssi, np.nan) for tag in tags], READING)
    return made, np.full(len(tags), at)


def keep(spool, tags, now):
    records, made = readings(tags, now - 0.5)
    spool.keep(records, made, now)


def all_of(folder, tags=None, start=0.0, end=np.inf):
    """(tag, at, taken) of everything that is kept."""
    wanted = None if tags is None else np.array(tags)
    return [
        (int(row["tag"]), float(row["at"]), float(taken))
        for piece in heard(start, end, wanted, folder)
        for row, taken in zip(piece.readings, piece.taken, strict=True)
    ]


def size_of(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


@settings(deadline=None, max_examples=60)
@given(
    most=st.integers(4096, 60_000),
    batches=st.lists(st.tuples(st.integers(1, 400), st.floats(0.0, 90.0)), max_size=30),
)
def test_the_ring_keeps_the_newest_in_order_and_never_more_than_it_may(
    tmp_path_factory, most, batches
):
    folder = tmp_path_factory.mktemp("ring")
    spool = Spool(folder, most)
    sent, now = 0, BEGAN
    for count, pause in batches:
        now += pause
        keep(spool, range(sent + 1, sent + count + 1), now)
        sent += count
        assert size_of(folder) <= most
    spool.close()
    kept = [tag for tag, *_ in all_of(folder)]
    assert kept == list(range(sent + 1 - len(kept), sent + 1))
    if len(kept) < sent:
        assert size_of(folder) > most / 2, "no more went than had to"
    if sent * 40 < most // 2:
        assert len(kept) == sent
    assert spool.lost == 0


@settings(deadline=None, max_examples=80)
@given(cut=st.integers(0, 2000), tags=st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=100))
def test_a_torn_end_costs_at_most_the_record_it_tore(cut, tags):
    records, made = readings(tags)
    rows = np.empty(len(tags) + 1, spooled.RECORD)
    spooled.pack(rows, records, made, BEGAN + 1, BEGAN)
    raw = (spooled.header(BEGAN) + rows.tobytes())[:cut]
    whole = max(0, (len(raw) - spooled.HEADER.size) // spooled.RECORD.itemsize - 1)
    found = spooled.unpacked(raw)
    assert found.readings["tag"].tolist() == tags[:whole]
    assert np.all(found.readings["rssi"] == np.float32(-60.5))
    assert np.allclose(found.readings["at"], BEGAN, atol=0.001)
    assert np.allclose(found.taken, BEGAN + 1, atol=0.001)


def test_a_file_of_somebody_else_is_named(tmp_path):
    spool = Spool(tmp_path, MB)
    keep(spool, [1], BEGAN)
    foreign = tmp_path / "000001764000000001.readings"
    foreign.write_bytes(b"a quite different file, of some length")
    with pytest.raises(Unreadable, match=f"{foreign.name} cannot be read: it is no file"):
        all_of(tmp_path)
    foreign.write_bytes(spooled.HEADER.pack(spooled.MAGIC, 9, 16, BEGAN))
    with pytest.raises(Unreadable, match="another version"):
        all_of(tmp_path)
    foreign.write_bytes(spooled.header(BEGAN) + b"sixteen bytes ok" * 3)
    with pytest.raises(Unreadable, match="it does not begin with a batch"):
        all_of(tmp_path)
    foreign.unlink()
    (tmp_path / "notes.txt").write_text("not ours, and left alone")
    assert [tag for tag, *_ in all_of(tmp_path)] == [1]


def test_a_span_and_single_tags_are_read_alone(tmp_path):
    spool = Spool(tmp_path, MB)
    for second in range(300):
        keep(spool, [second % 3 + 1, 9], BEGAN + second)
    assert len(kept_files(tmp_path)) == 5
    rows = all_of(tmp_path, [2], BEGAN + 100, BEGAN + 200)
    assert [taken - BEGAN for *_, taken in rows] == [s for s in range(100, 200) if s % 3 == 1]
    assert {tag for tag, *_ in rows} == {2}
    assert all(taken - at == pytest.approx(0.5, abs=0.001) for _, at, taken in rows)
    assert all_of(tmp_path, [], BEGAN, BEGAN + 300) == []


def test_a_clock_that_is_set_back_keeps_the_order_and_what_is_new(tmp_path):
    spool = Spool(tmp_path, MB)
    keep(spool, [1], BEGAN)
    keep(spool, [2], BEGAN - 3600)
    keep(spool, [3], BEGAN - 3599)
    assert [tag for tag, *_ in all_of(tmp_path)] == [1, 2, 3]
    recent = all_of(tmp_path, None, BEGAN - 3700, BEGAN - 3000)
    assert [tag for tag, *_ in recent] == [2, 3]


def test_what_people_wear_for_a_count_is_not_kept(tmp_path):
    spool = Spool(tmp_path, MB)
    spool.leave_out(np.array([3, 5]))
    keep(spool, [1, 3, 4, 5, 6, 4000], BEGAN)
    spool.leave_out(np.array([], dtype=np.int64))
    keep(spool, [3], BEGAN + 1)
    assert [tag for tag, *_ in all_of(tmp_path)] == [1, 4, 6, 4000, 3]


def test_only_the_engines_own_account_may_look(tmp_path):
    folder = tmp_path / "spool"
    keep(Spool(folder, MB), [1], BEGAN)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_raw_readings_go_when_they_are_old_and_when_the_spool_is_turned_off(tmp_path):
    spool = Spool(tmp_path, MB)
    keep(spool, [1], BEGAN)
    spool.forget_old(BEGAN + spools.OLDEST_S - 1)
    assert all_of(tmp_path)
    spool.forget_old(BEGAN + spools.OLDEST_S + 1)
    assert standing(tmp_path) is None
    keep(spool, [2], BEGAN + spools.OLDEST_S + 2)
    assert all_of(tmp_path)
    off = Spool(tmp_path, 0)
    keep(off, [3], BEGAN + spools.OLDEST_S + 3)
    assert (standing(tmp_path), off.lost, off.fault) == (None, 0, "")


def test_a_new_run_writes_a_new_file_and_counts_the_old_ones_as_its_own(tmp_path):
    first = Spool(tmp_path, 6000)
    keep(first, range(1, 100), BEGAN)
    first.close()
    torn = kept_files(tmp_path)[-1]
    with torn.open("r+b") as file:
        file.truncate(torn.stat().st_size - 5)
    second = Spool(tmp_path, 6000)
    for number in range(30):
        keep(second, range(100 + 20 * number, 120 + 20 * number), BEGAN + 1 + number)
        assert size_of(tmp_path) <= 6000
    assert all_of(tmp_path)[-1][0] == 699


def test_a_full_disk_is_a_warning_and_not_a_crash(tmp_path, monkeypatch, caplog):
    spool = Spool(tmp_path, MB)
    keep(spool, [1], BEGAN)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, raw: write(file, bytes(raw)[:21]))
    keep(spool, [2, 3], BEGAN + 1)
    monkeypatch.undo()
    assert (spool.lost, spool.fault) == (2, "the disk took only a part")
    keep(spool, [4], BEGAN + 2)
    assert spool.lost == 3
    keep(spool, [5], BEGAN + 2 + spools.PAUSE_S)
    assert spool.fault == ""
    assert [tag for tag, *_ in all_of(tmp_path)] == [1, 5]
    assert sum("not kept for now" in line for line in caplog.messages) == 1


def test_a_folder_that_cannot_be_made_is_no_crash_either(tmp_path):
    (tmp_path / "spool").write_text("a file where the folder should be")
    spool = Spool(tmp_path / "spool", MB)
    keep(spool, [1], BEGAN)
    assert spool.lost == 1
    assert "exists" in spool.fault


def test_readers_may_read_while_the_ring_turns(tmp_path):
    spool = Spool(tmp_path, 40_000)
    wrong, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            tags = [tag for tag, *_ in all_of(tmp_path)]
            if tags != sorted(set(tags)):
                wrong.append(tags)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2000):
        keep(spool, range(1 + 10 * number, 11 + 10 * number), BEGAN + number / 4)
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert all_of(tmp_path)[-1][0] == 20_000


WRITER = """
import sys, pathlib, numpy as np
from tracking.domain.readings import READING
import django; django.setup()
from tracking.feeds.spool import Spool
spool = Spool(pathlib.Path(sys.argv[1]), 4 * 2**20)
sent, now = int(sys.argv[2]), float(sys.argv[3])
while True:
    records = np.zeros(997, READING)
    records["tag"] = np.arange(sent + 1, sent + 998)
    spool.keep(records, np.full(997, now), now)
    sent += 997
    now += 0.25
"""


def write_in_another_process(folder, sent, now):
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.surroundings"}
    command = [sys.executable, "-c", WRITER, str(folder), str(sent), str(now)]
    return subprocess.Popen(command, cwd=CHECKOUT, env=env)


def test_a_killed_writer_leaves_whole_batches_and_the_next_one_goes_on(tmp_path):
    for run in range(3):
        writer = write_in_another_process(tmp_path, run * 10**7, BEGAN + run * 10**5)
        until(lambda run=run: any(tag > run * 10**7 for tag, *_ in all_of(tmp_path)))
        time.sleep(0.2)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        rows = all_of(tmp_path)
        tags = [tag for tag, *_ in rows]
        assert tags == sorted(set(tags))
        mine = [tag for tag in tags if tag > run * 10**7]
        assert mine == list(range(mine[0], mine[-1] + 1))
        assert size_of(tmp_path) <= 4 * MB


def test_a_file_that_may_not_grow_is_a_full_disk(tmp_path):
    """A real refusal of the kernel: the process may write files of 8 kB and no more."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    spool = Spool(tmp_path, MB)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        for number in range(20):
            keep(spool, range(1 + 100 * number, 101 + 100 * number), BEGAN + number)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert spool.fault
    tags = [tag for tag, *_ in all_of(tmp_path)]
    assert tags == list(range(1, len(tags) + 1))
    keep(spool, [90_000], BEGAN + 100)
    assert all_of(tmp_path)[-1][0] == 90_000
