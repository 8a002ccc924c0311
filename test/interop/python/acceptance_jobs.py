"""Acceptance cases over REST whose files come from numpy and pyarrow."""
import json
import os

import numpy as np
import pyarrow as pa
from pymilvus import DataType

from acceptance import DIM, ROWS, case, fail_with, ids, run_cases, vectors
from common import expect

ID = ("id", DataType.INT64, {"is_primary": True})
VECTOR = ("vector", DataType.FLOAT_VECTOR, {"dim": DIM})
TEXT = ("text", DataType.VARCHAR, {"max_length": 64})


def columns(begin=0):
    return {"id": ids(begin), "vector": list(vectors(begin))}


def write_json(server, path, begin):
    rows = [{"id": int(i), "vector": vector.tolist()} for i, vector in zip(ids(begin), vectors(begin))]
    with open(os.path.join(server.root, path), "w") as file:
        json.dump(rows, file)
    return path


@case("case 69 multi parquet files")
def several_parquet(server):
    name = server.create([ID, VECTOR])
    files = [[server.parquet(f"{name}/{n}.parquet", columns(n * ROWS))] for n in range(2)]
    job = server.job(name, files)
    expect("rows", (job["importedRows"], server.count(name)), (2 * ROWS,) * 2)
    expect("query", len(server.rows(name, f"id < 50 or id >= {2 * ROWS - 50}", ["id"])), 100)


@case("case 71 multi file types: JSON, Parquet and numpy")
def several_types(server):
    name = server.create([ID, VECTOR])
    os.makedirs(os.path.join(server.root, name))
    files = []
    for n in range(2):
        files.append([write_json(server, f"{name}/{n}.json", n * 3 * ROWS)])
        files.append([server.parquet(f"{name}/{n}.parquet", columns((n * 3 + 1) * ROWS))])
        begin = (n * 3 + 2) * ROWS
        files.append(server.npy(f"{name}/{n}", {"id": ids(begin), "vector": vectors(begin)}))
    job = server.job(name, files)
    expect("rows", (job["importedRows"], server.count(name)), (6 * ROWS,) * 2)
    expect("groups", [each["importedRows"] for each in job["details"]], [ROWS] * 6)
    for begin in range(0, 6 * ROWS, ROWS):
        expect("nearest", server.nearest(name, "vector", vectors(begin)[3])[0], begin + 3)


def extra_columns():
    return {"extra_text": [f"x{i}" for i in ids()], "extra_number": ids()}


@case("case 92 parquet extra fields without a dynamic field")
def parquet_extra(server):
    name = server.create([ID, VECTOR])
    path = server.parquet(f"{name}/rows.parquet", columns() | extra_columns())
    job = server.job(name, [[path]])
    expect("rows", (job["importedRows"], server.count(name)), (ROWS, ROWS))
    expect("fields", sorted(server.rows(name, "id == 5", ["*"])[0]), ["id", "vector"])


@case("case 106 extra fields with a dynamic field: parquet")
def parquet_extra_dynamic(server):
    name = server.create([ID, VECTOR], enable_dynamic_field=True)
    meta = {"$meta": [json.dumps({"kept": int(i)}) for i in ids()]}
    path = server.parquet(f"{name}/rows.parquet", columns() | extra_columns() | meta)
    server.job(name, [[path]])
    # Milvus: only a $meta column goes into the dynamic field, other columns are passed over.
    expect("row", sorted(server.rows(name, "id == 5", ["*"])[0]), ["id", "kept", "vector"])
    expect("filter", server.rows(name, "kept == 5", ["id"]), [{"id": 5}])


@case("case 95 parquet array<float> with NaN")
def parquet_nan(server):
    floats = ("floats", DataType.ARRAY, {"element_type": DataType.FLOAT, "max_capacity": 4})
    name = server.create([ID, VECTOR, floats])
    values = [[1.0, float("nan") if i == 23 else 2.0] for i in ids()]
    path = server.parquet(f"{name}/rows.parquet",
                          columns() | {"floats": pa.array(values, pa.list_(pa.float32()))})
    job = server.job(name, [[path]], wanted="Failed")
    fail_with(job, "row 23", "floats", "value 'NaN' is not a number or infinity")
    expect("rows", server.count(name), 0)


@case("case 99 required field missing parquet")
def parquet_missing(server):
    name = server.create([ID, VECTOR, TEXT])
    path = server.parquet(f"{name}/rows.parquet", columns())
    job = server.job(name, [[path]], wanted="Failed")
    fail_with(job, "no parquet field for milvus field 'text'")
    expect("rows", server.count(name), 0)


@case("case 102 vector dim mismatch parquet")
def parquet_dim(server):
    wide = list(vectors(dim=DIM + 2))
    one = [vector if i == 31 else vector[:DIM] for i, vector in enumerate(wide)]
    kinds = (("list", pa.array(one, pa.list_(pa.float32()))),
             ("all", pa.array(wide, pa.list_(pa.float32()))),
             ("fixed", pa.array(wide, pa.list_(pa.float32(), DIM + 2))))
    for kind, values in kinds:
        name = server.create([ID, VECTOR])
        path = server.parquet(f"{name}/{kind}.parquet", {"id": ids(), "vector": values})
        job = server.job(name, [[path]], wanted="Failed")
        fail_with(job, "vector", f"expected {DIM} but got {DIM + 2}")
        assert "dim" in job["reason"] or "mismatch" in job["reason"], job["reason"]
        expect("rows", server.count(name), 0)


@case("case 103 parquet nullable and default fields")
def parquet_null_default(server):
    fields = [ID, VECTOR,
              ("maybe", DataType.INT64, {"nullable": True}),
              ("count", DataType.INT64, {"default_value": 7}),
              ("both", DataType.VARCHAR, {"max_length": 8, "nullable": True, "default_value": "d"})]
    name = server.create(fields)
    values = [None if i % 2 else int(i) for i in ids()]
    more = {"maybe": pa.array(values, pa.int64()), "count": pa.array(values, pa.int64()),
            "both": pa.array([None if i % 2 else "t" for i in ids()], pa.string())}
    server.job(name, [[server.parquet(f"{name}/rows.parquet", columns() | more)]])
    expect("rows", server.rows(name, "id in [4, 5]", ["maybe", "count", "both"]),
           [{"id": 4, "maybe": 4, "count": 4, "both": "t"},
            {"id": 5, "maybe": None, "count": 7, "both": "d"}])
    name = server.create(fields)
    server.job(name, [[server.parquet(f"{name}/rows.parquet", columns())]])
    expect("omitted", server.rows(name, "id == 5", ["maybe", "count", "both"]),
           [{"id": 5, "maybe": None, "count": 7, "both": "d"}])


@case("case 93 numpy nullable fields without files: numpy of Python")
def numpy_null(server):
    name = server.create([ID, VECTOR, ("maybe", DataType.INT64, {"nullable": True})])
    server.job(name, [server.npy(name, {"id": ids(), "vector": vectors()})])
    expect("null", server.rows(name, "id == 5", ["maybe"]), [{"id": 5, "maybe": None}])


run_cases()
