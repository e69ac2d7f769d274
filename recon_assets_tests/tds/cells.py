"""Values → the bytes of TDS rows, a whole batch of them at a time.

Belongs here: Python values and Arrow arrays in the form their type has on the wire, and putting cells together to
rows. Does not belong here: what a type is called (`types`), or values that come from the client (`parameters`).

A batch is a matrix of bytes with a row per row, each cell as wide as the column's widest, and a mask of the bytes that
are there: the rows on the wire are what the mask leaves. So no Python runs per value.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recon_assets_tests.tds.moments import DAYS_TO_1900, DAYS_TO_1970, TICKS, TICKS_PER_DAY, date_days, ticks_and_offset
from recon_assets_tests.tds.types import ColumnType

ROW = 0xD1
_MOST_BYTES = 16 << 20
_MOMENT = pa.struct([("ticks", pa.int64()), ("offset", pa.int16())])
_INTEGERS = {"bit": "u1", "tinyint": "u1", "smallint": "<i2", "int": "<i4", "bigint": "<i8"}
_FLOATS = {"real": "<f4", "float": "<f8"}
_TEMPORAL = ("date", "time", "smalldatetime", "datetime", "datetime2")
Cells = tuple[np.ndarray, np.ndarray]
"""Bytes and mask, both rows × width."""


def encode_rows(types: Sequence[ColumnType], columns: Sequence[pa.Array]) -> Iterator[bytes]:
    """ROW tokens of a batch (arrays as `from_arrow` or `from_python` give them), in blocks of bounded size."""
    rows = len(columns[0])
    step = _step(types, columns, rows)
    for start in range(0, rows, step):
        parts = [_cells(type_, column.slice(start, step)) for type_, column in zip(types, columns, strict=True)]
        count = min(step, rows - start)
        token = np.full((count, 1), ROW, "u1")
        data = np.concatenate([token, *(part for part, _ in parts)], axis=1)
        if all(mask is None for _, mask in parts):
            yield data.tobytes()
            continue
        masks = [np.ones(part.shape, bool) if mask is None else mask for part, mask in parts]
        yield data[np.concatenate([np.ones((count, 1), bool), *masks], axis=1)].tobytes()


def _step(types: Sequence[ColumnType], columns: Sequence[pa.Array], rows: int) -> int:
    """How many rows to encode at once: one long value makes all cells of its column long."""
    width = 1
    for type_, column in zip(types, columns, strict=True):
        width += 20
        if (pa.types.is_string(column.type) or pa.types.is_binary(column.type)) and len(column):
            longest = pc.max(pc.binary_length(column)).as_py() or 0
            width += longest * (2 if type_.is_unicode else 1)
    return max(1, min(rows, _MOST_BYTES // width)) if rows else 1


# Into one Arrow form per type


def from_arrow(array: pa.Array, type_: ColumnType) -> pa.Array:
    """An array of the embedded source, or another of such a type, in the form `encode_rows` takes."""
    kind = array.type
    if pa.types.is_null(kind):
        return from_python([None] * len(array), type_)
    if pa.types.is_large_string(kind):
        return array.cast(pa.string())
    if pa.types.is_large_binary(kind):
        return array.cast(pa.binary())
    if type_.name == "datetimeoffset":
        utc = _stamp_ticks(array)
        offsets = pa.array(np.zeros(len(array), "i2"))
        return pa.StructArray.from_arrays([utc, offsets], fields=list(_MOMENT), mask=pc.is_null(array))
    if pa.types.is_timestamp(kind):
        return _stamp_ticks(array)
    if pa.types.is_date(kind):
        return pc.add(pc.multiply(array.cast(pa.int32()).cast(pa.int64()), TICKS_PER_DAY), TICKS_PER_DAY * DAYS_TO_1970)
    if pa.types.is_time(kind):
        return pc.multiply(array.cast(pa.time64("us")).cast(pa.int64()), 10)
    if pa.types.is_decimal(kind):
        return array.cast(_decimal(type_))
    if type_.name in _INTEGERS and type_.name != "bit":
        return array.cast(pa.from_numpy_dtype(np.dtype(_INTEGERS[type_.name])))
    return array


def _stamp_ticks(array: pa.Array) -> pa.Array:
    return pc.add(pc.multiply(array.cast(pa.timestamp("us")).cast(pa.int64()), 10), TICKS_PER_DAY * DAYS_TO_1970)


def from_python(values: Sequence[Any], type_: ColumnType) -> pa.Array:
    """Python values in the form `encode_rows` takes. Moments may be text, with seven digits of a second."""
    if type_.is_decimal or type_.name in ("money", "smallmoney"):
        return pa.array([None if v is None else Decimal(v) for v in values], _decimal(type_))
    if type_.name == "datetimeoffset":
        moments = [None if v is None else ticks_and_offset(v) for v in values]
        return pa.array([m and {"ticks": m[0], "offset": m[1]} for m in moments], _MOMENT)
    if type_.name in _TEMPORAL:
        return pa.array([None if v is None else _ticks(v) for v in values], pa.int64())
    if type_.name == "uniqueidentifier":
        return pa.array([None if v is None else str(v) for v in values], pa.string())
    if type_.is_text or type_.name == "xml":
        return pa.array(values, pa.string())
    if type_.is_binary:
        padded = type_.name == "binary"
        return pa.array([v and v.ljust(type_.length, b"\0") if padded else v for v in values], pa.binary())
    if type_.name == "bit":
        return pa.array([None if v is None else bool(v) for v in values], pa.bool_())
    if type_.name == "sql_variant":
        return pa.array(values, pa.int32())
    return pa.array(values, pa.from_numpy_dtype(np.dtype(_INTEGERS.get(type_.name) or _FLOATS[type_.name])))


def _ticks(value: date | datetime | time | timedelta | str) -> int:
    if isinstance(value, date) and not isinstance(value, datetime):
        return date_days(value) * TICKS_PER_DAY
    return ticks_and_offset(value)[0]


def _decimal(type_: ColumnType) -> pa.DataType:
    if type_.name == "money":
        return pa.decimal128(19, 4)
    return pa.decimal128(10, 4) if type_.name == "smallmoney" else pa.decimal128(type_.precision, type_.scale)


# Into cells


def _cells(type_: ColumnType, array: pa.Array) -> tuple[np.ndarray, np.ndarray | None]:
    """The column's bytes and their mask; None where all are there."""
    if pa.types.is_string(array.type) and type_.name != "uniqueidentifier":
        flat, lengths, valid = *_text(type_, array), _valid(array)
        if type_.name in ("char", "nchar"):
            flat, lengths = _padded(type_, flat, lengths, valid)
        return _of_lengths(type_, flat, lengths, valid)
    if pa.types.is_binary(array.type):
        return _of_lengths(type_, *_flat(array), _valid(array))
    valid = _valid(array)
    if type_.name == "sql_variant":
        return _variant(_numbers(array, "<i4"), valid)
    values = _fixed(type_, array)
    if not type_.nullable and type_.fixed_size:
        return values, None
    data = np.empty((len(array), 1 + values.shape[1]), "u1")
    data[:, 0] = values.shape[1] if valid is None else np.where(valid, values.shape[1], 0)
    data[:, 1:] = values
    if valid is None:
        return data, None
    mask = np.broadcast_to(valid[:, None], data.shape).copy()
    mask[:, 0] = True
    return data, mask


def _valid(array: pa.Array) -> np.ndarray | None:
    return None if array.null_count == 0 else array.is_valid().to_numpy(zero_copy_only=False)


def _numbers(array: pa.Array, form: str) -> np.ndarray:
    """The numbers with some number in the place of NULL."""
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    if array.null_count:
        array = pc.fill_null(array, 0)
    return array.to_numpy(zero_copy_only=False).astype(form, copy=False)


def _bytes(numbers: np.ndarray, width: int | None = None) -> np.ndarray:
    """Numbers as rows of little-endian bytes, cut to a width."""
    rows = np.ascontiguousarray(numbers).view("u1").reshape(len(numbers), -1)
    return rows if width is None else rows[:, :width]


def _fixed(type_: ColumnType, array: pa.Array) -> np.ndarray:
    name = type_.name
    if name in _INTEGERS or name in _FLOATS:
        return _bytes(_numbers(array, _INTEGERS.get(name) or _FLOATS[name]))
    if pa.types.is_decimal(array.type):
        low, high = _halves(array)
        if name == "smallmoney":
            return _bytes(low.view("<i8").astype("<i4"))
        if name == "money":
            return _bytes(low)[:, [4, 5, 6, 7, 0, 1, 2, 3]]
        return _decimal_bytes(low, high, type_.decimal_size)
    if name == "uniqueidentifier":
        raw = [uuid.UUID(text).bytes_le if text else bytes(16) for text in array.to_pylist()]
        return np.frombuffer(b"".join(raw), "u1").reshape(-1, 16)
    if name == "datetimeoffset":
        ticks, offset = (_numbers(array.field(i), form) for i, form in enumerate(("<i8", "<i2")))
        return np.hstack([_moment_bytes(ticks, type_), _bytes(offset)])
    ticks = _numbers(array, "<i8")
    if name == "date":
        return _bytes(ticks // TICKS_PER_DAY, 3)
    if name == "time":
        return _bytes(ticks // 10 ** (7 - type_.scale), type_.time_size)
    if name == "datetime2":
        return _moment_bytes(ticks, type_)
    days, of_day = np.divmod(ticks, TICKS_PER_DAY)
    if name == "smalldatetime":
        minutes = (of_day + 30 * TICKS) // (60 * TICKS)
        return np.hstack([_bytes((days - DAYS_TO_1900).astype("<u2")), _bytes(minutes.astype("<u2"))])
    thirds = (of_day * 3 + TICKS // 200) // (TICKS // 100)  # datetime ticks in 1/300 s
    return np.hstack([_bytes((days - DAYS_TO_1900).astype("<i4")), _bytes(thirds.astype("<u4"))])


def _moment_bytes(ticks: np.ndarray, type_: ColumnType) -> np.ndarray:
    days, of_day = np.divmod(ticks, TICKS_PER_DAY)
    return np.hstack([_bytes(of_day // 10 ** (7 - type_.scale), type_.time_size), _bytes(days, 3)])


def _halves(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The lower and upper 64 bits of decimals."""
    words = np.frombuffer(array.buffers()[1], "<u8")[2 * array.offset : 2 * (array.offset + len(array))]
    return words[0::2].copy(), words[1::2].copy()


def _decimal_bytes(low: np.ndarray, high: np.ndarray, size: int) -> np.ndarray:
    negative = high >> np.uint64(63) != 0
    low[negative] = ~low[negative] + np.uint64(1)
    high[negative] = ~high[negative] + (low[negative] == 0)
    sign = (~negative).astype("u1")[:, None]
    return np.hstack([sign, _bytes(low), _bytes(high)])[:, : size + 1]


def _variant(values: np.ndarray, valid: np.ndarray | None) -> Cells:
    data = np.zeros((len(values), 10), "u1")
    data[:, 0] = 6 if valid is None else np.where(valid, 6, 0)
    data[:, 4] = 0x38  # an int, with no properties
    data[:, 6:] = _bytes(values)
    mask = np.ones(data.shape, bool)
    if valid is not None:
        mask[~valid, 4:] = False
    return data, mask


# Text and binary


def _flat(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """All bytes one after the other, and each value's length; NULL has none."""
    offsets = np.frombuffer(array.buffers()[1], "<i4")[array.offset : array.offset + len(array) + 1]
    buffer = array.buffers()[2]
    data = np.frombuffer(buffer, "u1") if buffer is not None and buffer.size else np.empty(0, "u1")
    if array.null_count:  # what NULLs may hold in the buffer is not to be sent
        lengths = pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False).astype("i8")
        if lengths.sum() != offsets[-1] - offsets[0]:
            return _flat(pc.fill_null(array, ""))
        return data[offsets[0] : offsets[-1]], lengths
    return data[offsets[0] : offsets[-1]], np.diff(offsets).astype("i8")


def _text(type_: ColumnType, array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """As `_flat`, in the column's encoding."""
    data, lengths = _flat(array)
    if type_.is_utf8:
        return data, lengths
    if not (data & 0x80).any():
        if not type_.is_unicode:
            return data, lengths
        wide = np.zeros(2 * len(data), "u1")
        wide[::2] = data
        return wide, 2 * lengths
    encoding = "utf-16-le" if type_.is_unicode else "cp1252"
    encoded = np.frombuffer(data.tobytes().decode("utf-8").encode(encoding, "replace"), "u1")
    units = ((data & 0xC0) != 0x80).astype("i8")  # one per character …
    if type_.is_unicode:
        units += data >= 0xF0  # … and another one for those beyond 16 bits
        units *= 2
    ends = np.concatenate([[0], np.cumsum(units)])[np.concatenate([[0], np.cumsum(lengths)])]
    return encoded, np.diff(ends)


def _padded(
    type_: ColumnType, flat: np.ndarray, lengths: np.ndarray, valid: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Text of a fixed length: filled up with spaces in the units the length counts, which characters may take two of."""
    space = np.frombuffer(b" \0" if type_.is_unicode else b" ", "u1")
    full = np.tile(space, (len(lengths), type_.length))
    full[np.arange(full.shape[1]) < lengths[:, None]] = flat
    if valid is None:
        return full.ravel(), np.full(len(lengths), full.shape[1])
    return full[valid].ravel(), np.where(valid, full.shape[1], 0)


def _of_lengths(
    type_: ColumnType, flat: np.ndarray, lengths: np.ndarray, valid: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    longest = int(lengths.max()) if len(lengths) else 0
    prefix = 12 if type_.is_long else 2
    suffix = 4 if type_.is_long else 0
    rows = len(lengths)
    data = np.zeros((rows, prefix + longest + suffix), "u1")
    mask = np.ones(data.shape, bool)
    there = np.arange(longest) < lengths[:, None]
    data[:, prefix : prefix + longest][there] = flat
    mask[:, prefix : prefix + longest] = there
    if type_.is_long:
        data[:, :8] = _bytes(lengths.astype("<u8"))
        data[:, 8:12] = _bytes(lengths.astype("<u4"))
        mask[lengths == 0, 8:12] = False  # a chunk of no bytes ends the value
    else:
        data[:, :2] = _bytes(lengths.astype("<u2"))
    if valid is not None:
        data[~valid, : prefix - 4 if type_.is_long else prefix] = 0xFF
        mask[~valid, prefix - 4 if type_.is_long else prefix :] = False
    return data, mask


def encode_cell(type_: ColumnType, value: Any) -> bytes:
    """One value's cell."""
    data, mask = _cells(type_, from_python([value], type_))
    return data.tobytes() if mask is None else data[mask].tobytes()
