import json
import math
import subprocess
import sys
from bisect import bisect_right
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augplug._search.journal import Record, encode, open_journal, parse, read_journal
from augplug.errors import RunError, SettingsError

HERE = Path("a run")
REAL = Path(__file__).parent / "journals" / "format-1" / "journal.jsonl"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["a", "crc ", "{", '"'])
CONTENTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=4)
TRICKY: list[Record] = [
    {"n": 0, "kind": "a", "text": 'é "}{\\ ", "crc": "00000000"}'},
    {"n": 1, "kind": "b", "list": [1, {"z": [2.5, None]}]},
    {"n": 2, "kind": "c"},
]
LINES = b"".join(encode(record) for record in TRICKY)


@settings(deadline=None)
@given(CONTENTS)
def test_what_is_written_is_read(contents: list[dict[str, object]]) -> None:
    records = [{"n": n, "kind": "k", **content} for n, content in enumerate(contents)]

    read, good = parse(b"".join(encode(record) for record in records), HERE)

    assert read == records
    assert good == sum(len(encode(record)) for record in records)


def test_a_line_is_as_promised() -> None:
    line = encode({"n": 17, "kind": "result"})

    assert line.endswith(b"\n")
    assert list(json.loads(line)) == ["n", "kind", "crc"]
    assert len(json.loads(line)["crc"]) == 8


def test_a_journal_cut_anywhere_loses_at_most_its_last_record(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for length in range(len(LINES) + 1):
        path.write_bytes(LINES[:length])
        whole = sum(length >= len(b"".join(encode(r) for r in TRICKY[: n + 1])) - 1 for n in range(3))

        with open_journal(tmp_path) as journal:
            assert journal.records == TRICKY[:whole]
            journal.append("new", after=length)

        # The cut is mended before the new record is written, so nothing is glued to a torn line.
        records = read_journal(tmp_path)
        assert records[:-1] == TRICKY[:whole]
        assert records[-1] == {"n": whole, "kind": "new", "after": length}


def test_a_changed_byte_anywhere_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    ends = [len(b"".join(encode(record) for record in TRICKY[: n + 1])) for n in range(3)]
    for place in range(len(LINES)):
        for flip in (1, 0x80):
            changed = bytearray(LINES)
            changed[place] ^= flip
            path.write_bytes(changed)
            number = sum(place >= end for end in ends)

            with pytest.raises(RunError, match=rf"record {number} \(line {number + 1}\) is damaged.*--out"):
                read_journal(tmp_path)
            with pytest.raises(RunError), open_journal(tmp_path):
                pass
            assert path.read_bytes() == changed


def test_a_real_journal_cut_anywhere_keeps_every_whole_record() -> None:
    content = REAL.read_bytes()
    records = parse(content, REAL)[0]
    ends = [place for place, byte in enumerate(content) if byte == ord("\n")]
    for length in range(len(content)):
        whole = bisect_right(ends, length)  # a record is whole without its newline
        good = length if length in ends else ends[whole - 1] + 1 if whole else 0

        assert parse(content[:length], REAL) == (records[:whole], good)


def test_a_changed_byte_anywhere_in_a_real_journal_is_found() -> None:
    content = REAL.read_bytes()
    changed = bytearray(content)
    for place, byte in enumerate(content):
        changed[place] = byte ^ 1 << place % 8
        number = content.count(b"\n", 0, place)
        with pytest.raises(RunError, match=rf"record {number} \(line {number + 1}\) is damaged"):
            parse(bytes(changed), REAL)
        changed[place] = byte


@pytest.mark.parametrize("order", [(0, 2), (1, 0), (0, 0, 1)])
def test_a_lost_or_repeated_record_is_found(order: tuple[int, ...]) -> None:
    with pytest.raises(RunError, match="is damaged"):
        parse(b"".join(encode(TRICKY[n]) for n in order), HERE)


@pytest.mark.parametrize(
    "tail", [b"x", b"{}", b"[", b'{"m": 1', b'{"n": 3}x', b"\x00x", b"\x00\n", b"\n", encode(TRICKY[0])[:-1]]
)
def test_an_end_that_no_write_leaves_is_damage(tail: bytes) -> None:
    with pytest.raises(RunError, match="record 3"):
        parse(LINES + tail, HERE)


def append_to(folder: Path, expected: list[Record]) -> None:
    with open_journal(folder) as journal:
        assert journal.records == expected
        journal.append("new")


@pytest.mark.parametrize("zeros", [1, 100, 4096])
def test_zero_bytes_at_the_end_are_one_unfinished_record(tmp_path: Path, zeros: int) -> None:
    path = tmp_path / "journal.jsonl"
    ends = [len(b"".join(encode(record) for record in TRICKY[: n + 1])) for n in range(3)]
    for length in range(len(LINES) + 1):
        path.write_bytes(LINES[:length] + bytes(zeros))
        whole = sum(length >= end - 1 for end in ends)
        partial = length and length not in ends and length + 1 not in ends
        lost = "and an unfinished record before them " if partial else ""

        said = rf"ends in {zeros} zero bytes, .*they {lost}are cut off"
        with pytest.warns(UserWarning, match=said):
            append_to(tmp_path, TRICKY[:whole])
        with open_journal(tmp_path) as journal:  # and says nothing
            assert journal.records[:-1] == TRICKY[:whole]


def test_zero_bytes_between_records_are_damage() -> None:
    first = len(encode(TRICKY[0]))
    for start in range(first, first + len(encode(TRICKY[1]))):
        zeroed = LINES[:start] + bytes(8) + LINES[start + 8 :]
        if start + 8 < len(LINES):
            with pytest.raises(RunError, match="is damaged"):
                parse(zeroed, HERE)


@pytest.mark.parametrize("how", ["zeros", "gone", "twice"])
@pytest.mark.parametrize("size", [64, 512])
def test_a_block_that_a_network_file_system_lost_is_damage(how: str, size: int) -> None:
    """Writes that arrive out of order leave blocks of zeros, or none, or two, before others that are whole."""
    content = REAL.read_bytes()
    for start in range(0, len(content) - size, size):
        block = content[start : start + size]
        instead = {"zeros": bytes(size), "gone": b"", "twice": 2 * block}[how]
        with pytest.raises(RunError, match="is damaged"):
            parse(content[:start] + instead + content[start + size :], REAL)


def test_a_journal_that_is_removed_takes_no_more_records(tmp_path: Path) -> None:
    def remove() -> None:
        with open_journal(tmp_path) as journal:
            journal.append("first")
            (tmp_path / "journal.jsonl").unlink()
            with pytest.raises(RunError, match=r"was removed while the search ran, .*start again with another --out"):
                journal.append("second")

    with pytest.raises(RunError, match="was removed while the search ran"):
        remove()


def test_a_record_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        for number in range(3):
            record = journal.append("k", value=(number, 0.1))

            assert record["value"] == [number, 0.1]
            assert read_journal(tmp_path) == journal.records
            assert len(journal.records) == number + 1


def test_what_json_cannot_hold_is_not_written(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        with pytest.raises(ValueError, match="not JSON compliant"):
            journal.append("k", value=math.nan)
        journal.append("k")

    assert [record["n"] for record in read_journal(tmp_path)] == [0]


def test_a_full_disk_is_a_run_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with open_journal(tmp_path) as journal:
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(RunError, match=r"record 0 of the journal cannot be written.*No space left.*--resume"):
            journal.append("k")


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom augplug._search.journal import open_journal\n"
        "with open_journal(Path(sys.argv[1])):\n    print('open', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"

        message = rf"written by another process \(pid {holder.pid}\)"
        with pytest.raises(SettingsError, match=message), open_journal(tmp_path):
            pass
        assert read_journal(tmp_path) == []

        holder.kill()
        holder.wait()

    with open_journal(tmp_path) as journal:
        journal.append("a killed holder leaves nothing behind")


def test_a_folder_without_a_journal_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no run"):
        read_journal(tmp_path)
