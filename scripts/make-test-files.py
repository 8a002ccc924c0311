#!/usr/bin/env python3
"""Writes test/files: files that others' writers made, and beside each what an import of it must give.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.0 h5py==3.16.0 fastparquet==2026.9.0
    venv/bin/python scripts/make-test-files.py

`<file>.expected.json` has the fields of the collection, the options of the import, and either the rows as they
must be read back (int64, times as texts; 16-bit floats as numbers; bytes of a BinaryVector) or the error. A folder
of .npy files is one case. What is expected comes from the values that were written, never from our reader.
"""
import gzip
import io
import json
import pathlib
import shutil
import struct
from datetime import date
from decimal import Decimal

import duckdb
import fastparquet
import h5py
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather as feather
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parent.parent / "test" / "files"
ROWS = 6
DIM = 8
EPOCH_US = 1_700_000_000_000_000

rng = np.random.default_rng(19530)


# ---------------------------------------------------------------------------------------------- what is expected

def field(name, type, **more):
    return {"name": name, "type": type, **more}


KEY = field("id", "Int64", isPrimaryKey=True)
AUTO = field("id", "Int64", isPrimaryKey=True, autoId=True)
VECTOR = field("vector", "FloatVector", dim=DIM)
TEXT = field("text", "VarChar", maxLength=200, nullable=True)
META = field("$meta", "JSON", isDynamic=True)


def expect(name, fields, rows=None, error=None, options=None, warnings=None, files=None):
    """`error` is (row, field, message), where row and field may be None; the message is a part of the whole."""
    told = {"fields": fields}
    if files:
        told["files"] = files
    if options:
        told["options"] = options
    if warnings:
        told["warnings"] = warnings
    if error:
        told["error"] = {"row": error[0], "field": error[1], "message": error[2]}
        lines = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    else:
        head = json.dumps(told, ensure_ascii=False, indent=1)[:-2]
        texts = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
        lines = head + ',\n "rows": [\n  ' + ",\n  ".join(texts) + "\n ]\n}\n"
    (ROOT / f"{name}.expected.json").write_text(lines, "utf-8")


def rows_of(columns):
    """Rows of a dict of lists; int64 given as int becomes text by `exact`."""
    names = list(columns)
    return [dict(zip(names, values)) for values in zip(*columns.values())]


def exact(values):
    return [None if value is None else str(value) for value in values]


def picked(rows, fields):
    names = [each["name"] for each in fields]
    return [{name: row[name] for name in names} for row in rows]


# ------------------------------------------------------------------------------------------------------ the table

def some(values, every, at):
    """The values, with None at each `every`-th row."""
    return [None if row % every == at else value for row, value in enumerate(values)]


FLOATS = (rng.integers(-800, 800, (ROWS, DIM)) / 8).astype(np.float32)
# BFloat16 keeps eight bits of a number: integers up to 256 are whole.
COARSE = (np.rint(FLOATS) + 0.0).astype(np.float32)
BITS = rng.integers(0, 256, (ROWS, DIM // 8), dtype=np.uint8)
SMALL = rng.integers(-128, 128, (ROWS, DIM), dtype=np.int8)
IDS = [-(2**63), -(2**53) - 1, 0, 2**53 + 1, 2**62 + 1, 2**63 - 1]
BIG = [9007199254740993, -9007199254740995, 1, None, 2**63 - 1, -(2**63)]
TEXTS = ["plain", "Grüße", "日本語", "🦊 line\nbreak", None, 'a,b;c\t"quoted"']
JSONS = ['{"a":1}', '[1,2,{"b":null}]', '"text"', "12345678901234567890", "null", '{"é":"🦊"}']
TIMES = [EPOCH_US + row * 1_234_567 for row in range(ROWS)]
LISTS = [[], [1], [2**53 + 1, -5], [0] * 3, None, [7]]
WORDS = [["a"], [], ["ü", ""], ["x" * 9], ["b", "c"], None]
SPARSE = [{0: 0.5}, {3: 1.0, 4_000_000_000: 2.25}, {1: 0.125, 2: 3.5}, {7: 1.0}, {9: 1.5}, {100: 4.0}]
METAS = [{"row": row, "tag": "t" * row} for row in range(ROWS)]


def half_bytes(rows):
    return [np.asarray(row, np.float16).tobytes() for row in rows]


def bfloat_bytes(rows):
    return [(np.asarray(row, np.float32).view(np.uint32) >> 16).astype("<u2").tobytes() for row in rows]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def nullable(name, type, **more):
    return field(name, type, nullable=True, **more)


# name: (field, values that are expected, values that Arrow is given, their type)
def column(told, expected, given=None, type=None):
    return (told, expected, expected if given is None else given, type)


TABLE = {
    "id": column(KEY, exact(IDS), IDS, pa.int64()),
    "bool": column(nullable("bool", "Bool"), some([row % 2 == 0 for row in range(ROWS)], 5, 2), None, pa.bool_()),
    "int8": column(nullable("int8", "Int8"), [-128, -1, 0, None, 1, 127], None, pa.int8()),
    "int16": column(field("int16", "Int16"), [-32768, -1, 0, 1, 2, 32767], None, pa.int16()),
    "int32": column(nullable("int32", "Int32"), [-(2**31), -1, None, 1, 2, 2**31 - 1], None, pa.int32()),
    "int64": column(nullable("int64", "Int64"), exact(BIG), BIG, pa.int64()),
    "float": column(field("float", "Float"), [0.0, -0.5, 1.25, 65504.0, 2.0**-10, 2.0**100], None, pa.float32()),
    "double": column(nullable("double", "Double"), [0.1, -1e300, 5e-324, None, 1 / 3, 2.0**53], None, pa.float64()),
    "text": column(TEXT, TEXTS, None, pa.string()),
    "json": column(nullable("json", "JSON"), JSONS, None, pa.string()),
    "ints": column(nullable("ints", "Array", elementType="Int64", maxCapacity=9),
                   [None if each is None else exact(each) for each in LISTS], LISTS, pa.list_(pa.int64())),
    "words": column(nullable("words", "Array", elementType="VarChar", maxCapacity=9, maxLength=9), WORDS, None, pa.list_(pa.string())),
    "when": column(field("when", "Timestamptz"), exact(TIMES), TIMES, pa.timestamp("us", "UTC")),
    "vector": column(VECTOR, FLOATS.tolist(), None, pa.list_(pa.float32())),
    "maybe": column(nullable("maybe", "FloatVector", dim=DIM), some(FLOATS.tolist(), 3, 1), None, pa.list_(pa.float32())),
    "bits": column(field("bits", "BinaryVector", dim=DIM), BITS.tolist(), None, pa.list_(pa.uint8())),
    "halves": column(field("halves", "Float16Vector", dim=DIM), FLOATS.astype(np.float16).astype(float).tolist(),
                     [list(each) for each in half_bytes(FLOATS)], pa.list_(pa.uint8())),
    "bfloats": column(field("bfloats", "BFloat16Vector", dim=DIM), COARSE.tolist(),
                      [list(each) for each in bfloat_bytes(COARSE)], pa.list_(pa.uint8())),
    "bytes": column(field("bytes", "Int8Vector", dim=DIM), SMALL.tolist(), None, pa.list_(pa.int8())),
    "sparse": column(field("sparse", "SparseFloatVector"), [{str(at): value for at, value in each.items()} for each in SPARSE],
                     [compact({str(at): value for at, value in each.items()}) for each in SPARSE], pa.string()),
    "$meta": column(META, [compact(each) for each in METAS], None, pa.string()),
}

PLAIN = ["id", "bool", "int8", "int16", "int32", "int64", "float", "double", "text", "vector"]
FIELDS = [each[0] for each in TABLE.values()]
EXPECTED = rows_of({name: each[1] for name, each in TABLE.items()})


def fields_of(names):
    return [TABLE[name][0] for name in names]


def expected_of(names):
    return picked(EXPECTED, fields_of(names))


def arrow_table(names=None, types=None):
    return pa.table({name: pa.array(TABLE[name][2], (types or {}).get(name, TABLE[name][3])) for name in names or TABLE})


def vectors(rows, type=pa.float32()):
    return pa.array(rows, pa.list_(type))


SIMPLE = [KEY, VECTOR]
GOOD = [[float(n)] * DIM for n in range(3)]


def folder(name):
    path = ROOT / name
    path.mkdir(parents=True, exist_ok=True)
    return path


# -------------------------------------------------------------------------------------------------------- parquet

def parquet(name, table, fields=None, rows=None, error=None, warnings=None, **options):
    pq.write_table(table, folder("parquet") / f"{name}.parquet", **{"compression": "none", "store_schema": False, **options})
    if error is None and rows is None:
        fields = fields or fields_of(table.column_names)
        rows = picked(EXPECTED, fields)
    expect(f"parquet/{name}.parquet", fields, rows, error, warnings=warnings)


def parquet_files():
    every = arrow_table()
    few = arrow_table(PLAIN)
    parquet("every-type", every, use_dictionary=False)
    for codec in ["snappy", "gzip", "zstd", "lz4", "brotli"]:
        parquet(codec, every, compression=codec)
    parquet("pages-v2", every, data_page_version="2.0", compression="snappy", data_page_size=40, write_batch_size=2)
    parquet("pages-v2-none", few, data_page_version="2.0", use_dictionary=False)
    parquet("small-pages", every, use_dictionary=False, data_page_size=40, write_batch_size=2)
    parquet("row-groups", every, row_group_size=2, compression="zstd")
    parquet("page-index", every, write_page_index=True, write_page_checksum=True, store_schema=True)
    delta = {"id": "DELTA_BINARY_PACKED", "int32": "DELTA_BINARY_PACKED", "int64": "DELTA_BINARY_PACKED",
             "text": "DELTA_BYTE_ARRAY", "json": "DELTA_LENGTH_BYTE_ARRAY", "bool": "RLE"}
    parquet("delta", arrow_table(["id", "bool", "int32", "int64", "text", "json", "vector"]), use_dictionary=False, column_encoding=delta, data_page_version="2.0")
    split = {name: "BYTE_STREAM_SPLIT" for name in ["id", "int32", "int64", "float", "double", "vector.list.element"]}
    parquet("byte-stream-split", arrow_table(["id", "int32", "int64", "float", "double", "vector"]), use_dictionary=False, column_encoding=split)
    parquet("large-types", arrow_table(types={"text": pa.large_string(), "json": pa.large_string(), "ints": pa.large_list(pa.int64()),
                                              "words": pa.large_list(pa.large_string()), "vector": pa.large_list(pa.float32())}), store_schema=True)
    parquet("fixed-size-lists", arrow_table(types={"vector": pa.list_(pa.float32(), DIM), "maybe": pa.list_(pa.float64(), DIM), "bytes": pa.list_(pa.int16(), DIM)}))
    parquet("dictionary-types", arrow_table(PLAIN, {"text": pa.dictionary(pa.int32(), pa.string())}), store_schema=True)
    parquet("old-list-names", every, use_compliant_nested_type=False)
    parquet_mapped()
    parquet_of_others()
    parquet_errors()


def mapped(types):
    """A table of other types: name: (field, values, arrow type, expected)."""
    table = pa.table({name: pa.array(values, type) for name, (_, values, type, _) in types.items()})
    return table, [each[0] for each in types.values()], rows_of({name: each[3] for name, each in types.items()})


def mapped_tables():
    numbers = list(range(ROWS))
    unsigned = {
        "id": (KEY, numbers, pa.uint64(), exact(numbers)),
        "u32": (field("u32", "Int64"), [2**32 - 1 - n for n in numbers], pa.uint32(), exact([2**32 - 1 - n for n in numbers])),
        "u16": (field("u16", "Int32"), [65535 - n for n in numbers], pa.uint16(), [65535 - n for n in numbers]),
        "u8": (field("u8", "Int16"), [255 - n for n in numbers], pa.uint8(), [255 - n for n in numbers]),
        "vector": (VECTOR, FLOATS.tolist(), pa.list_(pa.float32()), FLOATS.tolist()),
    }
    half = {
        "id": (KEY, numbers, pa.int16(), exact(numbers)),
        "float": (field("float", "Float"), np.arange(ROWS).astype(np.float16), pa.float16(), [float(n) for n in numbers]),
        "vector": (VECTOR, [np.asarray(each, np.float16) for each in FLOATS], pa.list_(pa.float16()), FLOATS.astype(np.float16).astype(float).tolist()),
        "halves": (field("halves", "Float16Vector", dim=DIM), [np.asarray(each, np.float16) for each in FLOATS], pa.list_(pa.float16(), DIM), FLOATS.astype(np.float16).astype(float).tolist()),
        "bfloats": (field("bfloats", "BFloat16Vector", dim=DIM), COARSE.tolist(), pa.list_(pa.float32()), TABLE["bfloats"][1]),
    }
    decimals = [Decimal(row * 10**15) for row in range(ROWS)]
    prices = some([Decimal(row) / 8 for row in range(ROWS)], 5, 1)
    decimal = {
        "id": (KEY, decimals, pa.decimal128(20, 2), exact([row * 10**15 for row in range(ROWS)])),
        "price": (nullable("price", "Double"), prices, pa.decimal128(9, 3), some([row / 8 for row in range(ROWS)], 5, 1)),
        "wide": (field("wide", "Double"), [Decimal(row) / 4 for row in range(ROWS)], pa.decimal256(50, 4), [row / 4 for row in range(ROWS)]),
        "vector": (VECTOR, FLOATS.tolist(), pa.list_(pa.float32()), FLOATS.tolist()),
    }
    day = 86_400_000_000
    times = {
        "id": (KEY, numbers, pa.int64(), exact(numbers)),
        "day": (field("day", "Timestamptz"), [date.fromordinal(date(1970, 1, 1).toordinal() + n - 2) for n in numbers], pa.date32(), exact([(n - 2) * day for n in numbers])),
        "seconds": (field("seconds", "Timestamptz"), [n - 3 for n in numbers], pa.timestamp("s"), exact([(n - 3) * 10**6 for n in numbers])),
        "millis": (field("millis", "Timestamptz"), [time // 1000 for time in TIMES], pa.timestamp("ms", "Europe/Berlin"), exact([time // 1000 * 1000 for time in TIMES])),
        "nanos": (field("nanos", "Timestamptz"), [time * 1000 + 999 for time in TIMES], pa.timestamp("ns"), exact(TIMES)),
        "iso": (field("iso", "Timestamptz"), ["2023-11-14T22:13:20Z"] * ROWS, pa.string(), [str(EPOCH_US)] * ROWS),
        "vector": (VECTOR, FLOATS.tolist(), pa.list_(pa.float32()), FLOATS.tolist()),
    }
    binary = {
        "id": (KEY, numbers, pa.int8(), exact(numbers)),
        "text": (TEXT, [None if each is None else each.encode() for each in TEXTS], pa.binary(), TEXTS),
        "vector": (VECTOR, [each.tobytes() for each in FLOATS], pa.binary(DIM * 4), FLOATS.tolist()),
        "bits": (field("bits", "BinaryVector", dim=DIM), [each.tobytes() for each in BITS], pa.binary(DIM // 8), BITS.tolist()),
        "halves": (field("halves", "Float16Vector", dim=DIM), half_bytes(FLOATS), pa.binary(), FLOATS.astype(np.float16).astype(float).tolist()),
        "sparse": (field("sparse", "SparseFloatVector"), [{"indices": list(each), "values": list(each.values())} for each in SPARSE],
                   pa.struct([("indices", pa.list_(pa.uint32())), ("values", pa.list_(pa.float32()))]), TABLE["sparse"][1]),
    }
    nulls = {
        "id": (KEY, numbers, pa.int64(), exact(numbers)),
        "nothing": (nullable("nothing", "VarChar", maxLength=9), [None] * ROWS, pa.null(), [None] * ROWS),
        "text": (field("text", "VarChar", maxLength=9, nullable=True, defaultValue="none"), some(["a"] * ROWS, 2, 0), pa.string(), ["none", "a"] * 3),
        "count": (field("count", "Int32", defaultValue=7), some(numbers, 3, 1), pa.int32(), [0, 7, 2, 3, 7, 5]),
        "vector": (nullable("vector", "FloatVector", dim=DIM), [None] * ROWS, pa.list_(pa.float32()), [None] * ROWS),
    }
    return {"unsigned": unsigned, "half-floats": half, "decimals": decimal, "times": times, "binary": binary, "nulls": nulls}


def parquet_mapped():
    for name, types in mapped_tables().items():
        parquet(name, *mapped(types), compression="snappy")
    table, fields, rows = mapped(mapped_tables()["decimals"])
    parquet("decimals-as-integers", table, fields, rows, store_decimal_as_integer=True)
    table, fields, rows = mapped(mapped_tables()["times"])
    parquet("times-int96", table, fields, rows, use_deprecated_int96_timestamps=True)
    floats = [0.1, 1e-45, 3.4028235e38, 16777217.0, -0.3, 1 / 3]
    table = pa.table({"id": pa.array(range(ROWS)), "float": pa.array(floats, pa.float64()), "vector": vectors([[each] * DIM for each in floats], pa.float64())})
    rounded = [float(np.float32(each)) for each in floats]
    parquet("rounded", table, [KEY, field("float", "Float"), VECTOR],
            rows_of({"id": exact(range(ROWS)), "float": rounded, "vector": [[each] * DIM for each in rounded]}))
    parquet("no-rows", arrow_table(PLAIN).slice(0, 0), fields_of(PLAIN), [])
    parquet("unknown-column", arrow_table(["id", "vector", "text"]), SIMPLE, expected_of(["id", "vector"]), warnings=["text"])


def parquet_of_others():
    few = arrow_table(PLAIN)
    where = folder("parquet")
    frame = pl.from_arrow(few)
    for codec in ["zstd", "lz4", "uncompressed"]:
        frame.write_parquet(where / f"polars-{codec}.parquet", compression=codec)
        expect(f"parquet/polars-{codec}.parquet", fields_of(PLAIN), expected_of(PLAIN))
    frame.write_parquet(where / "polars-row-groups.parquet", compression="snappy", row_group_size=2, data_page_size=64)
    expect("parquet/polars-row-groups.parquet", fields_of(PLAIN), expected_of(PLAIN))
    for codec in ["snappy", "zstd", "gzip", "brotli", "uncompressed"]:
        duckdb.sql("select * from few").write_parquet(str(where / f"duckdb-{codec}.parquet"), compression=codec)
        expect(f"parquet/duckdb-{codec}.parquet", fields_of(PLAIN), expected_of(PLAIN))
    duckdb.sql(f"copy (select id, int32, text, double, int64 from few) to '{where / 'duckdb-v2.parquet'}' (format parquet, parquet_version v2)")
    told = [*fields_of(["id", "int32", "text", "double", "int64"]), nullable("vector", "FloatVector", dim=DIM)]
    expect("parquet/duckdb-v2.parquet", told, [{**row, "vector": None} for row in picked(EXPECTED, told[:-1])])
    few.to_pandas().to_parquet(where / "pandas.parquet")
    expect("parquet/pandas.parquet", *without_lost(PLAIN))
    names = ["id", "int16", "float", "text"]
    told = [*fields_of(names), nullable("vector", "FloatVector", dim=DIM)]
    for codec in ["SNAPPY", "GZIP", "ZSTD", "BROTLI", "LZ4_RAW"]:
        frame = arrow_table(names).to_pandas(types_mapper={pa.string(): None}.get)
        frame["text"] = pd.Series(TEXTS, dtype=object)
        fastparquet.write(str(where / f"fastparquet-{codec.lower()}.parquet"), frame, compression=codec, object_encoding={"text": "utf8"})
        expect(f"parquet/fastparquet-{codec.lower()}.parquet", told, [{**row, "vector": None} for row in picked(EXPECTED, told[:-1])])


def without_lost(names):
    """pandas makes floats of integers where some are null."""
    kept = [name for name in names if name not in ["int8", "int32", "int64"]]
    return fields_of(kept), expected_of(kept)


def parquet_errors():
    ids = pa.array([1, 2, 3])
    good = vectors(GOOD)
    simple = pa.table({"id": ids, "vector": good})
    parquet("bad-dim", pa.table({"id": ids, "vector": vectors([GOOD[0], GOOD[0][:7], GOOD[0]])}), SIMPLE, error=(1, "vector", "expected 8"))
    parquet("bad-null-component", pa.table({"id": ids, "vector": vectors([GOOD[0], GOOD[0], [None] + GOOD[0][1:]])}), SIMPLE, error=(2, "vector", "null"))
    parquet("bad-null-vector", pa.table({"id": ids, "vector": vectors([GOOD[0], None, GOOD[0]])}), SIMPLE, error=(1, "vector", "got null"))
    parquet("bad-nan", pa.table({"id": ids, "vector": vectors([GOOD[0], GOOD[0], [float("nan")] * DIM])}), SIMPLE, error=(2, "vector", "expected finite numbers, got NaN"))
    parquet("bad-type", pa.table({"id": pa.array(["1", "2", "3"]), "vector": good}), SIMPLE, error=(None, "id", "utf8"))
    parquet("bad-range", pa.table({"id": pa.array([1, 2**64 - 1, 3], pa.uint64()), "vector": good}), SIMPLE, error=(1, "id", "expected at most 9223372036854775807, got 18446744073709551615"))
    parquet("bad-null-key", pa.table({"id": pa.array([1, None, 3]), "vector": good}), SIMPLE, error=(1, "id", "got null"))
    parquet("bad-long-text", pa.table({"id": ids, "text": ["a", "b", "ü" * 101], "vector": good}), [KEY, TEXT, VECTOR], error=(2, "text", "expected at most 200 bytes, got 202"))
    parquet("bad-utf8", pa.table({"id": ids, "text": pa.array([b"a", b"\xff", b"c"], pa.binary()), "vector": good}), [KEY, TEXT, VECTOR], error=(1, "text", "expected UTF-8, got the bytes ff"))
    parquet("bad-nested", pa.table({"id": ids, "vector": pa.array([[GOOD[0]], [], []], pa.list_(pa.list_(pa.float32())))}), SIMPLE, error=(None, "vector", "list<list<float32>>"))
    parquet("bad-struct", pa.table({"id": ids, "vector": pa.array([{"x": 1.0}] * 3)}), SIMPLE, error=(None, "vector", "struct<x: float64>"))
    parquet("bad-map", pa.table({"id": ids, "text": pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int64())), "vector": good}), [KEY, TEXT, VECTOR], error=(None, "text", "VarChar"))
    parquet("bad-fraction", pa.table({"id": pa.array([Decimal("1.5")] * 3, pa.decimal128(9, 2)), "vector": good}), SIMPLE, error=(0, "id", "1.5"))
    parquet("bad-capacity", pa.table({"id": ids, "words": [["a"] * 10] * 3, "vector": good}), [KEY, TABLE["words"][0], VECTOR], error=(0, "words", "expected at most 9 elements, got 10"))
    parquet("missing-column", pa.table({"id": ids}), SIMPLE, error=(None, "vector", "vector"))
    parquet("auto-id-given", simple, [AUTO, VECTOR], error=(None, "id", "auto-generated"))
    parquet("twins", pa.table([ids, ids, good], names=["id", "id", "vector"]), SIMPLE, error=(None, "id", "id"))
    broken("parquet", "every-type.parquet", FIELDS, {
        "truncated-footer": lambda whole: whole[:-5],
        "truncated-half": lambda whole: whole[: len(whole) // 2],
        "no-footer": lambda whole: whole[:-8] + struct.pack("<I", 0) + b"PAR1",
        "footer-too-long": lambda whole: whole[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        "footer-of-zeros": lambda whole: whole[:-1000] + bytes(992) + whole[-8:],
        "encrypted-magic": lambda whole: b"PARE" + whole[4:-4] + b"PARE",
        "empty": lambda _: b"",
        "text": lambda _: b"this is no file of Parquet at all, but a text\n",
    }, ".parquet")


    broken("parquet", "every-type.parquet", FIELDS, {"pages-of-zeros": lambda whole: whole[:4] + bytes(500) + whole[504:]}, ".parquet", field="id")


BROKEN = {"parquet": "parquet", "arrow": "expected an Arrow file, got one that cannot be read: ", "hdf5": "expected an HDF5 file, got one that cannot be read: "}


def broken(format, name, fields, variants, extension, field=None):
    whole = (ROOT / format / name).read_bytes()
    for variant, change in variants.items():
        (ROOT / format / f"broken-{variant}{extension}").write_bytes(change(whole))
        message = "size is zero" if variant == "empty" else BROKEN[format]
        expect(f"{format}/broken-{variant}{extension}", fields, error=(None, field, message))


# ---------------------------------------------------------------------------------------------------------- arrow

def arrow_file(name, table, fields=None, rows=None, error=None, chunk=4, stream=False, extension="arrow", **options):
    path = folder("arrow") / f"{name}.{extension}"
    with pa.OSFile(str(path), "wb") as sink:
        open_writer = pa.ipc.new_stream if stream else pa.ipc.new_file
        with open_writer(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table, max_chunksize=chunk)
    if error is None and rows is None:
        fields = fields or fields_of(table.column_names)
        rows = picked(EXPECTED, fields)
    expect(f"arrow/{name}.{extension}", fields, rows, error)


def arrow_files():
    every = arrow_table()
    arrow_file("file", every)
    arrow_file("stream", every, stream=True)
    arrow_file("lz4", every, compression="lz4")
    arrow_file("zstd", every, compression="zstd")
    arrow_file("stream-zstd", every, stream=True, compression="zstd")
    arrow_file("old-metadata", every, metadata_version=pa.ipc.MetadataVersion.V4)
    arrow_file("views", arrow_table(types={"text": pa.string_view(), "json": pa.string_view()}))
    arrow_file("bad-list-views", arrow_table(["id", "ints", "vector"], {"ints": pa.list_view(pa.int64())}), fields_of(["id", "ints", "vector"]), error=(None, "ints", "got 'list_view'"))
    arrow_file("large-types", arrow_table(types={"text": pa.large_string(), "ints": pa.large_list(pa.int64()), "words": pa.large_list(pa.large_string())}))
    arrow_file("fixed-size-lists", arrow_table(types={"vector": pa.list_(pa.float32(), DIM), "maybe": pa.list_(pa.float64(), DIM)}))
    arrow_file("dictionary", arrow_table(PLAIN, {"text": pa.dictionary(pa.int8(), pa.string())}), chunk=100)
    deltas = pa.table({"id": pa.chunked_array([[1, 2], [3, 4]], pa.int64()), "vector": vectors(GOOD + GOOD[:1]),
                       "text": pa.chunked_array([pa.array(["a", "b"]).dictionary_encode(), pa.array(["c", "a"]).dictionary_encode()])})
    arrow_file("dictionary-replaced", deltas, [KEY, VECTOR, TEXT], stream=True,
               rows=rows_of({"id": exact([1, 2, 3, 4]), "vector": GOOD + GOOD[:1], "text": ["a", "b", "c", "a"]}))
    encoded = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", "b"]))
    arrow_file("bad-run-ends", pa.table({"id": [1, 2, 3], "text": encoded, "vector": vectors(GOOD)}), [KEY, TEXT, VECTOR], error=(None, "text", "got 'run_end_encoded'"))
    for name, types in mapped_tables().items():
        arrow_file(name, *mapped(types))
    feather.write_feather(every, folder("arrow") / "feather.feather", compression="lz4")
    expect("arrow/feather.feather", FIELDS, EXPECTED)
    arrow_of_polars()
    arrow_file("bad-dim", pa.table({"id": [1, 2, 3], "vector": vectors([GOOD[0], GOOD[0][:7], GOOD[0]])}), SIMPLE, error=(1, "vector", "expected 8"))
    arrow_file("bad-type", pa.table({"id": ["1", "2", "3"], "vector": vectors(GOOD)}), SIMPLE, error=(None, "id", "utf8"))
    arrow_file("bad-nan", pa.table({"id": [1, 2, 3], "vector": vectors([GOOD[0], [float("inf")] * DIM, GOOD[0]])}), SIMPLE, error=(1, "vector", "Infinity"))
    arrow_file("no-rows", arrow_table(PLAIN).slice(0, 0), fields_of(PLAIN), [])
    broken("arrow", "file.arrow", FIELDS, {
        "truncated-footer": lambda whole: whole[:-7],
        "truncated-half": lambda whole: whole[: len(whole) // 2],
        "footer-too-long": lambda whole: whole[:-10] + struct.pack("<i", 2**31 - 1) + whole[-6:],
        "footer-negative": lambda whole: whole[:-10] + struct.pack("<i", -1) + whole[-6:],
        "empty": lambda _: b"",
        "text": lambda _: b"this is no file of Arrow at all, but a text\n",
    }, ".arrow")
    whole = (ROOT / "arrow" / "zstd.arrow").read_bytes()
    length = whole.index(b"\x28\xb5\x2f\xfd") - 8
    (ROOT / "arrow" / "broken-zstd-length.arrow").write_bytes(whole[:length] + struct.pack("<q", 16_711_692) + whole[length + 8 :])
    expect("arrow/broken-zstd-length.arrow", FIELDS, error=(None, "id", "cannot be read: expected 16711692 bytes, got 48"))
    broken("arrow", "stream.arrow", FIELDS, {"truncated-stream": lambda whole: whole[: len(whole) // 2]}, ".arrow")


def arrow_of_polars():
    frame = pl.from_arrow(arrow_table(PLAIN))
    for codec in ["lz4", "zstd", "uncompressed"]:
        frame.write_ipc(folder("arrow") / f"polars-{codec}.arrow", compression=codec)
        expect(f"arrow/polars-{codec}.arrow", fields_of(PLAIN), expected_of(PLAIN))
    frame.write_ipc_stream(folder("arrow") / "polars-stream.arrow")
    expect("arrow/polars-stream.arrow", fields_of(PLAIN), expected_of(PLAIN))


# ------------------------------------------------------------------------------------------------- JSON and JSONL

def json_value(name, row):
    value = TABLE[name][1][row]
    if value is None:
        return None
    if name in ["id", "int64"]:
        return int(value)
    if name == "ints":
        return [int(each) for each in value]
    if name == "when":
        return str(pd.Timestamp(int(value), unit="us", tz="UTC").isoformat())
    # A JSON file has an object as it is, other JSON as a text.
    return json.loads(value) if name == "json" and value.startswith("{") else value


def json_rows():
    rows = []
    for row in range(ROWS):
        rows.append({name: json_value(name, row) for name in TABLE if name != "$meta"} | METAS[row])
    return rows


def text_file(name, text, fields, rows=None, error=None, options=None, warnings=None):
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    expect(name, fields, rows, error, options, warnings)


def zstd(data):
    return pa.compress(data, codec="zstd", asbytes=True)


def simple_rows(**more):
    return [{"id": n + 1, "vector": GOOD[n], **{name: values[n] for name, values in more.items()}} for n in range(3)]


def simple_expected(**more):
    return [{"id": str(n + 1), "vector": GOOD[n], **{name: values[n] for name, values in more.items()}} for n in range(3)]


def json_files():
    rows = json_rows()
    text_file("json/every-type.json", json.dumps(rows, ensure_ascii=False), FIELDS, EXPECTED)
    text_file("json/rows-form.json", json.dumps({"rows": rows}), FIELDS, EXPECTED)
    text_file("json/pretty.json", json.dumps(rows, indent=4), FIELDS, EXPECTED)
    text_file("json/compact.json", json.dumps(rows, ensure_ascii=False, separators=(",", ":")), FIELDS, EXPECTED)
    text_file("json/bom.json", b"\xef\xbb\xbf" + json.dumps(simple_rows()).encode(), SIMPLE, simple_expected())
    text_file("json/crlf.json", json.dumps(simple_rows(), indent=1).replace("\n", "\r\n"), SIMPLE, simple_expected())
    text_file("json/gzip.json.gz", gzip.compress(json.dumps(rows).encode(), mtime=0), FIELDS, EXPECTED)
    text_file("json/zstd.json.zst", zstd(json.dumps(rows).encode()), FIELDS, EXPECTED)
    escapes = '[{"id":1,"text":"\\u00fc\\ud83e\\udd8a\\n\\t\\"\\\\\\/\\b\\f\\r\\u0000","vector":[0,1,2,3,4,5,6,7]}]'
    text_file("json/escapes.json", escapes, [KEY, TEXT, VECTOR], [{"id": "1", "text": "ü🦊\n\t\"\\/\b\f\r\u0000", "vector": [float(n) for n in range(8)]}])
    text_file("json/escaped-keys.json", '[{"\\u0069d":1,"vect\\u006fr":[0,1,2,3,4,5,6,7]}]', SIMPLE, [{"id": "1", "vector": [float(n) for n in range(8)]}])
    numbers = '[{"id":9223372036854775807,"double":1e308,"vector":[1e0,-0,0.5E+1,1E-2,123456789012345678901234567890,1e-400,3.4028234e38,0.1]}]'
    told = [float(np.float32(each)) for each in [1, -0.0, 5, 0.01, 123456789012345678901234567890, 0, 3.4028234e38, 0.1]]
    text_file("json/numbers.json", numbers, [KEY, field("double", "Double"), VECTOR], [{"id": "9223372036854775807", "double": 1e308, "vector": told}])
    inside = '[{"id":1,"vector":[0,0,0,0,0,0,0,0],"json":{"n":123456789012345678901234567890,"deep":[[[[{}]]]]},"extra":9007199254740993}]'
    text_file("json/big-numbers-inside.json", inside, [KEY, VECTOR, TABLE["json"][0], META],
              [{"id": "1", "vector": [0.0] * DIM, "json": '{"n":123456789012345678901234567890,"deep":[[[[{}]]]]}', "$meta": '{"extra":9007199254740993}'}])
    left_out = [KEY, VECTOR, field("count", "Int32", defaultValue=7), TEXT]
    text_file("json/left-out.json", json.dumps(simple_rows()), left_out, simple_expected(count=[7] * 3, text=[None] * 3))
    text_file("json/unknown-key.json", json.dumps(simple_rows(other=[1, 2, 3])), SIMPLE, simple_expected(), warnings=["other"])
    text_file("json/no-rows.json", "[]", SIMPLE, [])
    text_file("json/empty-rows-form.json", '{"rows": []}', SIMPLE, [])
    json_of_others()
    json_errors()
    jsonl_files(rows)


def json_of_others():
    few = arrow_table(PLAIN)
    frame = few.to_pandas(integer_object_nulls=True)
    frame["vector"] = frame["vector"].map(list)
    text_file("json/pandas.json", frame.to_json(orient="records", double_precision=15).encode(), *rounded_by_pandas())
    path = folder("json") / "duckdb.json"
    duckdb.sql(f"copy (select * from few) to '{path}' (format json, array true)")
    expect("json/duckdb.json", fields_of(PLAIN), expected_of(PLAIN))
    duckdb.sql(f"copy (select * from few) to '{folder('jsonl') / 'duckdb.jsonl'}' (format json)")
    expect("jsonl/duckdb.jsonl", fields_of(PLAIN), expected_of(PLAIN))
    duckdb.sql(f"copy (select * from few) to '{folder('jsonl') / 'duckdb.jsonl.gz'}' (format json, compression gzip)")
    expect("jsonl/duckdb.jsonl.gz", fields_of(PLAIN), expected_of(PLAIN))
    pl.from_arrow(few).write_ndjson(folder("jsonl") / "polars.ndjson")
    expect("jsonl/polars.ndjson", fields_of(PLAIN), expected_of(PLAIN))


def rounded_by_pandas():
    """pandas writes numbers with 15 digits after the point."""
    names = ["id", "bool", "int16", "text", "vector"]
    return fields_of(names), expected_of(names), None, None, ["double"]


def json_errors():
    whole = json.dumps(simple_rows())
    vector = "[0,0,0,0,0,0,0,0]"
    for name, text, fields, error in [
        ("nan", f'[{{"id":1,"vector":[NaN,0,0,0,0,0,0,0]}}]', SIMPLE, (0, "vector", "got NaN")),
        ("infinity", f'[{{"id":1,"vector":[0,0,0,0,0,0,0,-Infinity]}}]', SIMPLE, (0, "vector", "got -Infinity")),
        ("nan-text", f'[{{"id":1,"vector":["NaN",0,0,0,0,0,0,0]}}]', SIMPLE, (0, "vector", "expected a list of numbers, got string")),
        ("too-great", f'[{{"id":1,"vector":[1e39,0,0,0,0,0,0,0]}}]', SIMPLE, (0, "vector", "1e39")),
        ("int-too-great", f'[{{"id":9223372036854775808,"vector":{vector}}}]', SIMPLE, (0, "id", "9223372036854775808")),
        ("int-fraction", f'[{{"id":1.5,"vector":{vector}}}]', SIMPLE, (0, "id", "1.5")),
        ("int8-range", f'[{{"id":1,"int8":128,"vector":{vector}}}]', [KEY, TABLE["int8"][0], VECTOR], (0, "int8", "128")),
        ("dim", f'[{{"id":1,"vector":{vector}}},{{"id":2,"vector":[1,2,3]}}]', SIMPLE, (1, "vector", "3")),
        ("type", f'[{{"id":1,"vector":{vector}}},{{"id":true,"vector":{vector}}}]', SIMPLE, (1, "id", "true")),
        ("null", f'[{{"id":null,"vector":{vector}}}]', SIMPLE, (0, "id", "null")),
        ("missing", f'[{{"id":1}}]', SIMPLE, (0, "vector", "vector")),
        ("no-object", f'[{{"id":1,"vector":{vector}}},7]', SIMPLE, (1, None, "got 7")),
        ("trailing-comma", f'[{{"id":1,"vector":{vector}}},]', SIMPLE, (1, None, "at byte 37, line 1: expected a value, got ']'")),
        ("missing-comma", f'[{{"id":1,"vector":{vector}}} {{"id":2}}]', SIMPLE, (None, None, "','")),
        ("single-quotes", f"[{{'id':1,'vector':{vector}}}]", SIMPLE, (0, None, "a key in quotes")),
        ("control", f'[{{"id":1,"text":"a\nb","vector":{vector}}}]', [KEY, TEXT, VECTOR], (0, None, "at byte 18, line 1: expected a character of a string")),
        ("lone-surrogate", f'[{{"id":1,"text":"\\ud83e","vector":{vector}}}]', [KEY, TEXT, VECTOR], None),
        ("truncated", whole[: len(whole) // 2], SIMPLE, (1, None, "expected a value, got the end of the text")),
        ("unclosed", whole[:-1], SIMPLE, (None, None, "]")),
        ("object", '{"id":1}', SIMPLE, (0, "vector", "value of field 'vector' is missed")),
        ("number", "17", SIMPLE, (None, None, "expected '[' or '{' at byte 0, got 17")),
        ("empty", "", SIMPLE, (None, None, "size is zero")),
        ("auto-id-given", whole, [AUTO, VECTOR], (0, "id", "auto-generated")),
    ]:
        if error is None:
            text_file(f"json/{name}.json", text, fields, [{"id": "1", "text": "\ufffd", "vector": [0.0] * DIM}])
        else:
            text_file(f"json/bad-{name}.json", text, fields, error=error)
    text_file("json/bad-utf8.json", b'[{"id":1,"text":"\xff","vector":[0,0,0,0,0,0,0,0]}]', [KEY, TEXT, VECTOR], error=(0, "text", "UTF-8"))
    text_file("json/bad-depth.json", '[{"id":1,"vector":[0,0,0,0,0,0,0,0],"json":' + "[" * 20_000 + "]" * 20_000 + "}]", [KEY, VECTOR, TABLE["json"][0]], error=(0, None, "expected at most 256 levels of nesting"))


def jsonl_files(rows):
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    text_file("jsonl/every-type.jsonl", lines, FIELDS, EXPECTED)
    text_file("jsonl/no-last-newline.jsonl", lines.rstrip("\n"), FIELDS, EXPECTED)
    text_file("jsonl/crlf.jsonl", lines.replace("\n", "\r\n"), FIELDS, EXPECTED)
    text_file("jsonl/blank-lines.ndjson", "\n" + lines.replace("\n", "\n\n \n"), FIELDS, EXPECTED)
    text_file("jsonl/bom.jsonl", b"\xef\xbb\xbf" + lines.encode(), FIELDS, EXPECTED)
    text_file("jsonl/gzip.jsonl.gz", gzip.compress(lines.encode(), mtime=0), FIELDS, EXPECTED)
    two = lines.encode()
    text_file("jsonl/two-members.jsonl.gz", gzip.compress(two[:500], mtime=0) + gzip.compress(two[500:], mtime=0), FIELDS, EXPECTED)
    text_file("jsonl/zstd.jsonl.zst", zstd(lines.encode()), FIELDS, EXPECTED)
    text_file("jsonl/two-frames.ndjson.zst", zstd(two[:500]) + zstd(two[500:]), FIELDS, EXPECTED)
    text_file("jsonl/bad-empty.jsonl", "", SIMPLE, error=(None, None, "size is zero"))
    text_file("jsonl/blank.jsonl", "\n", SIMPLE, [])
    simple = "".join(json.dumps(row) + "\n" for row in simple_rows())
    text_file("jsonl/bad-line.jsonl", simple + "{\n", SIMPLE, error=(3, None, "line 5: expected a key in quotes, got the end of the text"))
    text_file("jsonl/bad-type.jsonl", simple.replace('"id": 2', '"id": "two"'), SIMPLE, error=(1, "id", "two"))
    text_file("jsonl/bad-list.jsonl", "[" + simple, SIMPLE, error=(0, None, "line 2: expected ',' or ']', got '{'"))
    text_file("jsonl/broken-truncated.jsonl.gz", gzip.compress(lines.encode(), mtime=0)[:-200], FIELDS, error=(None, None, "expected a file compressed with gzip, got one that is broken: unexpected end of file"))
    text_file("jsonl/broken-truncated.jsonl.zst", zstd(lines.encode())[:-200], FIELDS, error=(None, None, "expected a file compressed with zstd, got one that is broken"))
    # Ten bytes that ask for a window of 2 GiB.
    window = b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(4)
    text_file("jsonl/broken-window.jsonl.zst", window, SIMPLE, error=(None, None, "expected a file compressed with zstd, got one that is broken"))
    text_file("jsonl/plain.jsonl.gz", simple, SIMPLE, simple_expected())


# ------------------------------------------------------------------------------------------------------------ CSV

def csv_frame(null=""):
    rows = []
    for row, value in enumerate(json_rows()):
        cells = {}
        for name in TABLE:
            cell = METAS[row] if name == "$meta" else value[name]
            cells[name] = null if cell is None else cell if isinstance(cell, str) else compact(cell)
        rows.append(cells)
    return pd.DataFrame(rows, dtype=object)


def csv_files():
    every = csv_frame()
    folder("csv")
    text = every.to_csv(index=False)
    text_file("csv/every-type.csv", text, FIELDS, EXPECTED)
    text_file("csv/crlf.csv", every.to_csv(index=False, lineterminator="\r\n"), FIELDS, EXPECTED)
    text_file("csv/bom.csv", b"\xef\xbb\xbf" + text.encode(), FIELDS, EXPECTED)
    text_file("csv/gzip.csv.gz", gzip.compress(text.encode(), mtime=0), FIELDS, EXPECTED)
    text_file("csv/zstd.csv.zst", zstd(text.encode()), FIELDS, EXPECTED)
    text_file("csv/quoted.csv", every.to_csv(index=False, quoting=1), FIELDS, EXPECTED)
    for name, sep in [("semicolons", ";"), ("tabs", "\t"), ("bars", "|")]:
        text_file(f"csv/{name}.csv", every.to_csv(index=False, sep=sep), FIELDS, EXPECTED, options={"sep": sep})
    text_file("csv/null-key.csv", csv_frame("NULL").to_csv(index=False), FIELDS, EXPECTED, options={"nullkey": "NULL"})
    cells = 'id,text,vector\n1,"a\nb","[0,1,2,3,4,5,6,7]"\n2,"say ""hi""","[0,1,2,3,4,5,6,7]"\n3,  spaces ,"[ 0, 1,2,3,4,5,6,7 ]"\n'
    told = [{"id": str(n + 1), "text": text, "vector": [float(n) for n in range(8)]} for n, text in enumerate(["a\nb", 'say "hi"', "  spaces "])]
    text_file("csv/quotes.csv", cells, [KEY, TEXT, VECTOR], told)
    text_file("csv/no-last-newline.csv", cells.rstrip("\n"), [KEY, TEXT, VECTOR], told)
    text_file("csv/other-order.csv", 'vector,id\n"[0,1,2,3,4,5,6,7]",5\n', SIMPLE, [{"id": "5", "vector": [float(n) for n in range(8)]}])
    text_file("csv/header-only.csv", "id,vector\n", SIMPLE, [])
    dynamic = 'id,vector,color,size\n1,"[0,1,2,3,4,5,6,7]",red,5\n'
    text_file("csv/unknown-column.csv", dynamic, SIMPLE, [{"id": "1", "vector": [float(n) for n in range(8)]}], warnings=["color"])
    csv_of_others()
    csv_errors()


def csv_of_others():
    names = ["id", "bool", "int8", "int16", "int32", "int64", "float", "double"]
    told = [*fields_of(names), nullable("vector", "FloatVector", dim=DIM)]
    rows = [{**row, "vector": None} for row in expected_of(names)]
    few = arrow_table(names)
    pyarrow.csv.write_csv(few, folder("csv") / "pyarrow.csv")
    expect("csv/pyarrow.csv", told, rows)
    pl.from_arrow(few).write_csv(folder("csv") / "polars.csv")
    expect("csv/polars.csv", told, rows)
    duckdb.sql("select * from few").write_csv(str(folder("csv") / "duckdb.csv"))
    expect("csv/duckdb.csv", told, rows)
    with_vectors = arrow_table(["id", "text", "vector"])
    duckdb.sql("select * from with_vectors").write_csv(str(folder("csv") / "duckdb-lists.csv"), na_rep="\\N")
    expect("csv/duckdb-lists.csv", [KEY, TEXT, VECTOR], expected_of(["id", "text", "vector"]), options={"nullkey": "\\N"})


def csv_errors():
    vector = '"[0,1,2,3,4,5,6,7]"'
    good = f"1,{vector}\n"
    for name, text, error in [
        ("too-few", f"id,vector\n{good}2\n", (1, None, "expected 2 cells, got 1")),
        ("too-many", f"id,vector\n{good}2,{vector},3\n", (1, None, "expected 2 cells, got 3")),
        ("unclosed-quote", f'id,vector\n{good}2,"[0,1\n', (1, None, "line 4: expected a closing quote")),
        ("quote-inside", f'id,vector\n{good}2,[0"\n', (1, None, "line 3: expected no quote")),
        ("integer", f"id,vector\n{good}two,{vector}\n", (1, "id", "two")),
        ("great-integer", f"id,vector\n{good}9223372036854775808,{vector}\n", (1, "id", "9223372036854775808")),
        ("empty-key", f"id,vector\n{good},{vector}\n", (1, "id", "expected an integer, got ''")),
        ("dim", f'id,vector\n{good}2,"[1,2]"\n', (1, "vector", "2")),
        ("no-list", f"id,vector\n{good}2,7\n", (1, "vector", "7")),
        ("missing-column", "id\n1\n", (None, "vector", "vector")),
        ("twins", f"id,id,vector\n1,1,{vector}\n", (None, "id", "got 'id' twice")),
        ("empty", "", (None, None, "size is zero")),
    ]:
        text_file(f"csv/bad-{name}.csv", text, SIMPLE, error=error)
    text_file("csv/bad-utf8.csv", b"id,text,vector\n1,\xff,\"[0,1,2,3,4,5,6,7]\"\n", [KEY, TEXT, VECTOR], error=(0, "text", "UTF-8"))
    whole = (ROOT / "csv" / "gzip.csv.gz").read_bytes()
    text_file("csv/broken-truncated.csv.gz", whole[:-100], FIELDS, error=(None, None, "expected a file compressed with gzip, got one that is broken"))


# ------------------------------------------------------------------------------------------------------------ npy

def npy(name, arrays, fields, rows=None, error=None, warnings=None, version=None, pickled=False):
    where = folder(f"npy/{name}")
    for file, array in arrays.items():
        with open(where / f"{file}.npy", "wb") as sink:
            if isinstance(array, bytes):
                sink.write(array)
            else:
                np.lib.format.write_array(sink, array, version=version, allow_pickle=pickled)
    expect(f"npy/{name}", fields, rows, error, warnings=warnings, files=[f"npy/{name}/{file}.npy" for file in arrays])


def npy_bytes(array):
    sink = io.BytesIO()
    np.lib.format.write_array(sink, array)
    return sink.getvalue()


def npy_table():
    return {
        "id": np.array(IDS, np.int64),
        "bool": np.array([row % 2 == 0 for row in range(ROWS)]),
        "int8": np.array([-128, -1, 0, 1, 2, 127], np.int8),
        "int16": np.array(TABLE["int16"][1], np.int16),
        "int32": np.array([-(2**31), -1, 0, 1, 2, 2**31 - 1], np.int32),
        "float": np.array(TABLE["float"][1], np.float32),
        "double": np.array([0.1, -1e300, 5e-324, 0, 1 / 3, 2.0**53]),
        "text": np.array([each or "" for each in TEXTS]),
        "json": np.array(JSONS),
        "geometry": np.array([f"POINT ({row} {row})" for row in range(ROWS)]),
        "ints": np.arange(ROWS * 2).reshape(ROWS, 2),
        "vector": FLOATS,
        "bits": BITS,
        "halves": FLOATS.astype(np.float16),
        "bfloats": COARSE,
        "bytes": SMALL,
    }


def npy_expected(table):
    def told(name, array):
        if name in ["id", "ints"]:
            return [exact(each) if isinstance(each, list) else str(each) for each in array.tolist()]
        if name == "bfloats":
            return TABLE["bfloats"][1]
        return array.astype(float).tolist() if name == "halves" else array.tolist()
    return rows_of({name: told(name, array) for name, array in table.items()})


def npy_files():
    table = npy_table()
    fields = [field("geometry", "Geometry") if name == "geometry" else TABLE[name][0] for name in table]
    rows = npy_expected(table)
    for version in [(1, 0), (2, 0), (3, 0)]:
        npy(f"version-{version[0]}", table, fields, rows, version=version)
    npy("fortran-order", {name: np.asfortranarray(array) for name, array in table.items()}, fields, rows)
    npy("big-endian", {name: array.astype(array.dtype.newbyteorder(">")) for name, array in table.items()}, fields, rows)
    both = {name: np.asfortranarray(array.astype(array.dtype.newbyteorder(">"))) for name, array in table.items()}
    npy("fortran-order-big-endian", both, fields, rows)
    numbers = np.arange(ROWS)
    wide = {"id": numbers.astype(np.uint32), "int16": numbers.astype(np.uint8), "int32": numbers.astype(np.uint16), "int64": numbers.astype(np.uint64),
            "float": numbers.astype(np.float16), "double": numbers.astype(np.float32), "text": np.array([b"a"] * ROWS), "vector": FLOATS.astype(np.float64)}
    told = {"id": exact(numbers), "int16": numbers.tolist(), "int32": numbers.tolist(), "int64": exact(numbers), "float": numbers.astype(float).tolist(),
            "double": numbers.astype(float).tolist(), "text": ["a"] * ROWS, "vector": FLOATS.tolist()}
    npy("widened", wide, fields_of(list(wide)), rows_of(told))
    raw = {"id": np.arange(ROWS), "halves": np.array([list(each) for each in half_bytes(FLOATS)], np.uint8),
           "bfloats": np.array([list(each) for each in bfloat_bytes(COARSE)], np.uint8)}
    npy("raw-halves", raw, fields_of(list(raw)), rows_of({"id": exact(range(ROWS)), "halves": TABLE["halves"][1], "bfloats": TABLE["bfloats"][1]}))
    npy("left-out", {"id": np.arange(3), "vector": np.array(GOOD, np.float32), "other": np.arange(3)},
        [KEY, VECTOR, TEXT, field("count", "Int32", defaultValue=7)],
        rows_of({"id": exact(range(3)), "vector": GOOD, "text": [None] * 3, "count": [7] * 3}), warnings=["other"])
    npy("no-rows", {"id": np.zeros(0, np.int64), "vector": np.zeros((0, DIM), np.float32)}, SIMPLE, [])
    npy_errors()


def npy_errors():
    ids = np.arange(3)
    good = np.array(GOOD, np.float32)
    whole = npy_bytes(good)
    nan = good.copy()
    nan[2, 5] = np.nan
    lone = npy_bytes(np.array(["a", "b", "c"])).replace("c".encode("utf-32-le"), struct.pack("<I", 0xD800))
    for name, arrays, error in [
        ("structured", {"id": ids, "vector": np.zeros(3, [("x", "f4"), ("y", "f4")])}, (None, "vector", "[('x', '<f4'), ('y', '<f4')]")),
        ("complex", {"id": ids, "vector": good.astype(np.complex64)}, (None, "vector", "'<c8'")),
        ("dates", {"id": np.array(["2020-01-01"] * 3, "datetime64[D]"), "vector": good}, (None, "id", "'<M8[D]'")),
        ("int-vector", {"id": ids, "vector": good.astype(np.int32)}, (None, "vector", "illegal data type Int32")),
        ("dim", {"id": ids, "vector": good[:, :7]}, (None, "vector", "expected 8 items a row, got 7")),
        ("one-dimension", {"id": ids, "vector": good.ravel()}, (None, "vector", "expected 2 dimensions, got 1")),
        ("scalar", {"id": np.array(7), "vector": good}, (None, "id", "expected 1 dimension, got 0")),
        ("row-count", {"id": np.arange(4), "vector": good}, (None, "vector", "expected 4 rows")),
        ("missing", {"id": ids}, (None, "vector", "vector.npy")),
        ("nan", {"id": ids, "vector": nan}, (2, "vector", "got NaN, component 5")),
        ("uint64", {"id": np.array([0, 2**63, 1], np.uint64), "vector": good}, (1, "id", "expected at most 9223372036854775807")),
        ("truncated", {"id": ids, "vector": whole[:-1]}, (None, "vector", "expected 96 bytes of items, got 95")),
        ("overlong", {"id": ids, "vector": whole + b"\0"}, (None, "vector", "expected 96 bytes of items, got 97")),
        ("truncated-header", {"id": ids, "vector": whole[:50]}, (None, "vector", "unexpected EOF")),
        ("magic-only", {"id": ids, "vector": whole[:6]}, (None, "vector", "unexpected EOF")),
        ("empty", {"id": ids, "vector": b""}, (None, None, "size is zero")),
        ("version", {"id": ids, "vector": whole[:6] + b"\x09\x00" + whole[8:]}, (None, "vector", "invalid major version number (9)")),
        ("lying-shape", {"id": ids, "vector": whole.replace(b"(3, 8)", b"(9, 8)")}, (None, "vector", "got 96")),
        ("huge-shape", {"id": ids, "vector": whole.replace(b"(3, 8), }" + b" " * 13, b"(3" + b"0" * 13 + b", 8), }")}, (None, "vector", "got 96")),
        ("pickle-in-header", {"id": ids, "vector": whole.replace(b"False", b"exec()")}, (None, "vector", "header")),
    ]:
        npy(f"bad-{name}", arrays, SIMPLE, error=error)
    npy("bad-object", {"id": ids, "vector": np.array([[1], [2], [3]], object)}, SIMPLE, error=(None, "vector", "'|O'"), pickled=True)
    npy("bad-surrogate", {"id": ids, "vector": good, "text": lone}, [*SIMPLE, TEXT], error=(2, "text", "expected Unicode code points"))
    npy("bad-long-text", {"id": ids, "vector": good, "text": np.array(["a", "b", "ü" * 101])}, [*SIMPLE, TEXT], error=(2, "text", "expected at most 200 bytes, got 202"))
    npy("bad-auto-id", {"id": ids, "vector": good}, [AUTO, VECTOR], error=(None, "id", "auto-generated"))


# ----------------------------------------------------------------------------------------------------------- HDF5

def hdf5(name, datasets, fields, rows=None, error=None, options=None, extension="h5", **file_options):
    with h5py.File(folder("hdf5") / f"{name}.{extension}", "w", track_order=False, **file_options) as file:
        for dataset, values in datasets.items():
            file.create_dataset(dataset, data=values, **(options or {}))
    expect(f"hdf5/{name}.{extension}", fields, rows, error)


def hdf5_files():
    ids = np.arange(ROWS)
    table = {"id": ids, "int16": np.array(TABLE["int16"][1], np.int16), "float": np.array(TABLE["float"][1], np.float32), "vector": FLOATS}
    fields = fields_of(list(table))
    rows = [{**row, "id": str(n)} for n, row in enumerate(picked(EXPECTED, fields))]
    hdf5("plain", table, fields, rows)
    hdf5("gzip", table, fields, rows, options={"chunks": True, "compression": "gzip", "shuffle": True})
    hdf5("bad-lzf", table, fields, error=(None, "id", "lzf"), options={"chunks": True, "compression": "lzf"})
    hdf5("checksums", table, fields, rows, options={"chunks": True, "fletcher32": True}, extension="hdf5")
    hdf5("latest", table, fields, rows, libver="latest")
    hdf5("big-endian", {name: each.astype(each.dtype.newbyteorder(">")) for name, each in table.items()}, fields, rows)
    wide = {"id": ids.astype(">u4"), "int16": ids.astype(">i2"), "float": FLOATS[:, 0].astype(">f2"), "vector": FLOATS.astype(">f8")}
    hdf5("big-endian-others", wide, fields, rows_of({"id": exact(ids), "int16": list(range(ROWS)), "float": FLOATS[:, 0].tolist(), "vector": FLOATS.tolist()}))
    halves = {"id": ids, "vector": FLOATS.astype(np.float16)}
    hdf5("half-floats", halves, SIMPLE, rows_of({"id": exact(ids), "vector": TABLE["halves"][1]}))
    train = {"train": FLOATS, "test": FLOATS[:2], "neighbors": np.zeros((2, 3), np.int32), "distances": np.zeros((2, 3), np.float32)}
    hdf5("ann-benchmarks", train, [AUTO, VECTOR], [{"vector": each} for each in FLOATS.tolist()], extension="hdf5")
    texts = {"id": ids, "text": np.array([each or "" for each in TEXTS], h5py.string_dtype()), "vector": FLOATS}
    hdf5("texts", texts, [KEY, TEXT, VECTOR], rows_of({"id": exact(ids), "text": [each or "" for each in TEXTS], "vector": FLOATS.tolist()}))
    fixed = {"id": ids, "text": np.array([b"a", b"bc", b"", b"d", b"e", b"f"]), "vector": FLOATS}
    hdf5("fixed-texts", fixed, [KEY, TEXT, VECTOR], rows_of({"id": exact(ids), "text": ["a", "bc", "", "d", "e", "f"], "vector": FLOATS.tolist()}))
    hdf5("bad-row-count", {"id": ids, "vector": FLOATS[:4]}, SIMPLE, error=(None, "vector", "expected 6 rows, got 4"))
    hdf5("bad-dim", {"id": ids, "vector": FLOATS[:, :7]}, SIMPLE, error=(0, "vector", "expected 8 components, got 7"))
    hdf5("bad-compound", {"id": ids, "vector": np.zeros(ROWS, [("x", "f4"), ("y", "f4")])}, SIMPLE, error=(None, "vector", "expect 'FloatVector' type"))
    hdf5("missing", {"id": ids}, SIMPLE, error=(None, "vector", "vector"))
    broken("hdf5", "plain.h5", fields, {
        "truncated": lambda whole: whole[: len(whole) // 2],
        "superblock": lambda whole: whole[:8] + b"\xff" * 40 + whole[48:],
        "empty": lambda _: b"",
        "text": lambda _: b"this is no file of HDF5 at all, but a text\n",
    }, ".h5")


# ----------------------------------------------------------------------------------------------------------- vecs

def vecs(name, data, fields, rows=None, error=None):
    (folder("vecs") / name).write_bytes(data)
    expect(f"vecs/{name}", fields, rows, error)


def packed(rows, type):
    return b"".join(struct.pack("<i", len(each)) + np.asarray(each, type).tobytes() for each in rows)


def vecs_files():
    fields = [AUTO, VECTOR]
    whole = packed(FLOATS, "<f4")
    rows = [{"vector": each} for each in FLOATS.tolist()]
    vecs("plain.fvecs", whole, fields, rows)
    vecs("nullable-beside.fvecs", whole, [*fields, TEXT], [{**each, "text": None} for each in rows])
    vecs("ints.ivecs", packed(COARSE, "<i4"), fields, [{"vector": each} for each in COARSE.tolist()])
    octets = rng.integers(0, 256, (ROWS, DIM), dtype=np.uint8)
    vecs("octets.bvecs", packed(octets, "u1"), fields, [{"vector": each} for each in octets.astype(float).tolist()])
    vecs("bytes.bvecs", packed(np.abs(SMALL // 2), "u1"), [AUTO, TABLE["bytes"][0]], [{"bytes": each} for each in np.abs(SMALL // 2).tolist()])
    vecs("bad-empty.fvecs", b"", fields, error=(None, None, "size is zero"))
    nan = FLOATS.copy()
    nan[3, 2] = np.nan
    vecs("bad-nan.fvecs", packed(nan, "<f4"), fields, error=(3, "vector", "got NaN, component 2"))
    vecs("bad-dim.fvecs", packed(FLOATS[:, :7], "<f4"), fields, error=(0, "vector", "expected 8 components, got 7"))
    vecs("bad-later-dim.fvecs", packed(FLOATS[:2], "<f4") + struct.pack("<i", 7) + whole[4:36], fields, error=(2, None, "expected 8 components as in the first vector, got 7"))
    vecs("bad-negative-dim.fvecs", struct.pack("<i", -8) + whole[4:], fields, error=(None, None, "got -8"))
    vecs("broken-truncated.fvecs", whole[:-3], fields, error=(None, None, "expected vectors of 36 bytes, got 213 bytes"))
    vecs("broken-short.fvecs", whole[:3], fields, error=(None, None, "got 3 bytes"))
    vecs("bad-key.fvecs", whole, SIMPLE, error=(None, "id", "auto_id"))


if __name__ == "__main__":
    if ROOT.exists():
        shutil.rmtree(ROOT)
    ROOT.mkdir(parents=True)
    parquet_files()
    arrow_files()
    json_files()
    csv_files()
    npy_files()
    hdf5_files()
    vecs_files()
    files = [path for path in ROOT.rglob("*") if path.is_file()]
    cases = len([path for path in files if path.name.endswith(".expected.json")])
    print(f"{cases} cases, {len(files)} files, {sum(path.stat().st_size for path in files):,} bytes in {ROOT}")
