"""Frames and tables of pandas, Arrow and polars cross, with memory that is lent."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-untyped]
import pytest

import subinterp
from subinterp import Group, TransferError
from subinterp.settings import guest_options
from subinterp_values import pack

np = pytest.importorskip("numpy", reason="`make integrations` brings it")
pd = pytest.importorskip("pandas", reason="`make integrations` brings it")
pa = pytest.importorskip("pyarrow", reason="`make integrations` brings it")
pl = pytest.importorskip("polars", reason="`make integrations` brings it")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from subinterp import Interpreter

pytestmark = pytest.mark.integrations
# As a notebook's: guests cannot import this module.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

_ROWS = 20_000


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A directory for private copies, for all guests of this module."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def private(cache: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Interpreter]:
    """A guest that can import whichever versions there are."""
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    monkeypatch.setitem(guest_options, "untried", True)
    guest = subinterp.create("a", extensions="private")
    yield guest
    for one in subinterp.list_all():
        one.call(_forget, ["x", "part"])


def _forget(names: list[str]) -> None:
    for name in names:
        vars(sys.modules["__main__"]).pop(name, None)
    gc.collect()


def _frame() -> Any:
    """Columns of the types that have memory of their own."""
    days = pd.date_range("2024-01-01", periods=_ROWS, freq="s")
    return pd.DataFrame(
        {
            "float": np.arange(_ROWS) * 1.5,
            "also": np.arange(_ROWS) * 2.5,
            "int": np.arange(_ROWS),
            "truth": np.arange(_ROWS) > 3,
            "when": days,
            "zone": days.tz_localize("Europe/Berlin"),
            "lasting": days - days[0],
            "kind": pd.Categorical(["a", "b"] * (_ROWS // 2)),
            "maybe": pd.array([1, None] * (_ROWS // 2), dtype="Int64"),
        }
    )


def _mixed() -> Any:
    """The others, too."""
    return _frame().assign(
        text=[f"text {number}" for number in range(_ROWS)],
        thing=[(number,) for number in range(_ROWS)],
    )


def _table() -> Any:
    return pa.table(
        {
            "float": np.arange(_ROWS) * 1.5,
            "text": [f"text {number}" for number in range(_ROWS)],
            "maybe": [1, None] * (_ROWS // 2),
            "lists": [[1, 2]] * _ROWS,
            "kind": pa.array(["a", "b"] * (_ROWS // 2)).dictionary_encode(),
        }
    )


def _polars() -> Any:
    return pl.DataFrame(
        {"number": range(_ROWS), "text": [f"text {n}" for n in range(_ROWS)]}
    ).with_columns(kind=pl.col("text").str.head(6).cast(pl.Categorical))


def _same(value: Any) -> Any:
    return value


def _addresses(frame: Any) -> list[int]:
    """Give where the values of the columns of a pandas frame are."""
    found = []
    for name in frame:
        values = frame[name].array
        for part in ("_ndarray", "_codes", "_data"):
            values = getattr(values, part, values)
        found.append(values.__array_interface__["data"][0])
    return found


def _arrow_addresses(table: Any) -> list[int]:
    return [
        buffer.address
        for column in table.columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
        if buffer is not None
    ]


def test_the_columns_of_a_frame_are_lent(private: Interpreter) -> None:
    """Numbers, dates, categories and what may be missing; of some rows, too.

    But where two columns are one array, of which pandas copies some rows itself.
    """
    frame = _frame()
    for sent in (frame, frame.drop(columns="also")[100:5000]):
        assert private.call(_addresses, sent) == _addresses(sent)
        assert 0 < len(pack(sent, "lent")[0]) < 10_000


def test_a_frame_that_was_pushed_is_read_only(private: Interpreter) -> None:
    """New columns are not; a copy of it can be written."""
    private.push(x=_frame())
    private.exec("x['new'] = x['float'] * 2; x['int'] += 1")
    private.exec("x.loc[0, 'new'] = 7.0; x.loc[0, 'int'] = 8")

    with pytest.raises(ValueError, match="read-only"):
        private.exec("x.loc[0, 'float'] = 1.0")

    private.exec("x = x.copy(); x.loc[0, 'float'] = 1.0")


def test_a_frame_is_shared(private: Interpreter) -> None:
    """What is set in place in the guest is set in the host."""
    frame = pd.DataFrame({"float": np.zeros(5), "also": np.zeros(5)})

    private.share(x=frame)
    private.exec("x.loc[2, 'also'] = 5.0")

    assert frame["also"].tolist() == [0.0, 0.0, 5.0, 0.0, 0.0]


@pytest.mark.parametrize("make", [_frame, _mixed])
def test_a_frame_comes_back_equal_and_writable(private: Interpreter, make: Any) -> None:
    """With all its columns, after its guest is gone."""
    frame = make()

    private.push(x=frame)
    back = private.pull("x")
    private.call(_forget, ["x"])
    private.close()

    pd.testing.assert_frame_equal(back, frame)
    back.loc[0, "float"] = -1.0
    assert frame.loc[0, "float"] == 0.0


def test_series_and_indexes_come_back_equal(private: Interpreter) -> None:
    """Of numbers, text and dates."""
    for name in ("float", "text", "zone", "kind", "maybe"):
        series = _mixed()[name]
        pd.testing.assert_series_equal(private.call(_same, series), series)
    index = _mixed().set_index(["int", "text"]).index
    pd.testing.assert_index_equal(private.call(_same, index), index)


def test_a_table_is_lent(private: Interpreter) -> None:
    """All of its buffers; so are arrays and batches."""
    table = _table()
    assert private.call(_arrow_addresses, table) == _arrow_addresses(table)
    for sent in (table, table["text"].chunk(0), table.to_batches()[0], table.schema):
        assert private.call(_same, sent).equals(sent)


def test_a_table_over_read_only_memory_is_not_shared(private: Interpreter) -> None:
    """Push lends it as well."""
    table = pa.table({"x": _frozen()})
    with pytest.raises(TransferError, match=r"read-only\); push it"):
        private.share(x=table)


def _frozen() -> Any:
    memory = pa.py_buffer(bytes(800))
    return pa.Array.from_buffers(pa.int64(), 100, [None, memory])


def test_a_frame_of_polars_crosses(private: Interpreter) -> None:
    """By value, as polars pickles it; by way of Arrow without a copy."""
    frame = _polars()
    for sent in (frame, frame["text"], frame[10:20]):
        back = private.call(_same, sent)
        assert back.equals(sent)
    assert private.call(_same, frame.lazy()).collect().equals(frame)
    table = frame.select("number").to_arrow()
    assert private.call(_arrow_of_polars, table) == _arrow_addresses(table)


def _arrow_of_polars(table: Any) -> list[int]:
    frame: Any = pl.from_arrow(table)
    return _arrow_addresses(frame.to_arrow())


def test_frames_are_scattered_and_gathered(private: Interpreter) -> None:
    """Each by its own library, as rows, whatever their labels are."""
    other = subinterp.create("b", extensions="private")
    group = Group("ab", [private, other])
    labelled = _mixed().set_axis(np.arange(_ROWS) * 0.5)
    for whole in (labelled, labelled["text"], _table(), _polars()):
        group.scatter("part", whole)
        assert group.call(_length) == [_ROWS // 2] * 2
        joined = group.gather("part")
        assert type(joined) is type(whole)
        assert joined.equals(whole)
    masked = np.ma.masked_less(np.arange(10), 5)
    group.scatter("part", masked)
    assert group.gather("part").mask.tolist() == masked.mask.tolist()
    other.exec("part = [1]")
    private.push(part=labelled)
    with pytest.raises(TypeError, match=r"cannot join sequences of Python, pandas"):
        group.gather("part")
    group.call(_forget, ["part"])


def _length() -> int:
    return len(vars(sys.modules["__main__"])["part"])
