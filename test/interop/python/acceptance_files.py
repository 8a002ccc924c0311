"""Acceptance cases over gRPC whose files come from numpy, pyarrow and pymilvus.bulk_writer."""
import json
import os

import numpy as np
import pyarrow as pa
from pymilvus import DataType
from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter

from acceptance import DIM, ROWS, case, fail_with, ids, run_cases, vectors
from common import expect

ID = ("id", DataType.INT64, {"is_primary": True})
VECTOR = ("vector", DataType.FLOAT_VECTOR, {"dim": DIM})
SCALARS = [
    ("flag", DataType.BOOL, {}),
    ("int8", DataType.INT8, {}),
    ("int64", DataType.INT64, {}),
    ("float", DataType.FLOAT, {}),
    ("double", DataType.DOUBLE, {}),
    ("text", DataType.VARCHAR, {"max_length": 64}),
    ("json", DataType.JSON, {}),
]


def array(name, element_type, **options):
    return (name, DataType.ARRAY, {"element_type": element_type, "max_capacity": 100, **options})


ARRAYS = [
    array("ints", DataType.INT64),
    array("floats", DataType.FLOAT),
    array("texts", DataType.VARCHAR, max_length=32),
    array("bools", DataType.BOOL),
]


def write_rows(server, name, rows):
    with open(os.path.join(server.root, f"{name}.json"), "w") as file:
        json.dump(rows, file)
    return [f"{name}.json"]


def scalar_columns():
    return {
        "flag": ids() % 2 == 0,
        "int8": (ids() % 100).astype(np.int8),
        "int64": ids() * 3,
        "float": (ids() / 4).astype(np.float32),
        "double": ids() / 8,
        "text": np.array([f"text {i}" for i in ids()]),
        "json": np.array([json.dumps({"number": int(i), "list": [int(i)]}) for i in ids()]),
    }


def meta_column():
    return np.array([json.dumps({"name": f"dynamic {i}", "age": int(i)}) for i in ids()])


def expect_rows(server, name, auto_id, dynamic, arrays):
    expect("rows", server.count(name), ROWS)
    row = server.rows(name, "int64 == 21", ["*"])[0]
    scalars = [row[each] for each in ("flag", "int8", "float", "double", "text")]
    expect("scalars", scalars, [False, 7, 1.75, 0.875, "text 7"])
    expect("json", row["json"], {"number": 7, "list": [7]})
    np.testing.assert_array_equal(np.float32(row["vector"]), vectors()[7])
    if not auto_id:
        expect("id", row["id"], 7)
        expect("nearest", server.nearest(name, "vector", vectors()[7])[0], 7)
    if arrays:
        expect("arrays", [list(row[each]) for each, _, _ in ARRAYS], arrays)
    if dynamic:
        expect("dynamic", (row["name"], row["age"]), ("dynamic 7", 7))
        expect("dynamic filter", len(server.rows(name, "age >= 490", ["age"])), 10)


@case("case 9 test_bulk_insert_all_field_with_numpy")
def all_fields_numpy(server):
    for auto_id, dynamic, with_meta in ((0, 0, 0), (1, 0, 0), (0, 1, 1), (1, 1, 1), (0, 1, 0)):
        name = server.create([ID, VECTOR, *SCALARS], auto_id=bool(auto_id),
                             enable_dynamic_field=bool(dynamic))
        arrays = {"vector": vectors(), **scalar_columns()}
        arrays |= {} if auto_id else {"id": ids()}
        arrays |= {"$meta": meta_column()} if with_meta else {}
        server.bulk_insert(name, server.npy(name, arrays))
        expect_rows(server, name, auto_id, with_meta, None)


@case("case 10 test_bulk_insert_all_field_with_parquet")
def all_fields_parquet(server):
    for auto_id, dynamic, length in ((0, 0, 1), (1, 0, 10), (0, 1, 100), (1, 1, 0)):
        name = server.create([ID, VECTOR, *SCALARS, *ARRAYS], auto_id=bool(auto_id),
                             enable_dynamic_field=bool(dynamic))
        lists = {
            "ints": [[int(i) + at for at in range(length)] for i in ids()],
            "floats": [[float(i)] * length for i in ids()],
            "texts": [[f"t{i}"] * length for i in ids()],
            "bools": [[True] * length for _ in ids()],
        }
        columns = {"vector": list(vectors()), **scalar_columns()}
        columns |= {
            "ints": pa.array(lists["ints"], pa.list_(pa.int64())),
            "floats": pa.array(lists["floats"], pa.list_(pa.float32())),
            "texts": pa.array(lists["texts"], pa.list_(pa.string())),
            "bools": pa.array(lists["bools"], pa.list_(pa.bool_())),
        }
        columns |= {} if auto_id else {"id": ids()}
        columns |= {"$meta": meta_column()} if dynamic else {}
        server.bulk_insert(name, [server.parquet(f"{name}/rows.parquet", columns)])
        expect_rows(server, name, auto_id, dynamic, [lists[each][7] for each, _, _ in ARRAYS])


def sparse(form, i):
    indices = [i, i + 1_000, i + 100_000]
    values = [float(i % 9 + 1), 0.5, 2.0]
    if form == "coo":
        return {"indices": indices, "values": values}
    return dict(zip(indices, values))


@case("case 17 test_bulk_insert_sparse_vector_with_parquet")
def sparse_parquet(server):
    for form, with_meta in (("doc", 0), ("doc", 1), ("coo", 0), ("coo", 1)):
        name = server.create([ID, ("sparse", DataType.SPARSE_FLOAT_VECTOR, {})],
                             enable_dynamic_field=bool(with_meta))
        columns = {"id": ids(), "sparse": [json.dumps(sparse(form, int(i))) for i in ids()]}
        columns |= {"$meta": meta_column()} if with_meta else {}
        server.bulk_insert(name, [server.parquet(f"{name}/rows.parquet", columns)])
        expect("rows", server.count(name), ROWS)
        row = server.rows(name, "id == 7", ["sparse"])[0]
        expect("row", dict(row["sparse"]), {7: 8.0, 1_007: 0.5, 100_007: 2.0})
        expect("nearest", server.nearest(name, "sparse", {100_007: 1.0, 7: 1.0})[0], 7)


@case("case 18 test_bulk_insert_sparse_vector_with_json: searched")
def sparse_json(server):
    for form in ("doc", "coo"):
        name = server.create([ID, ("sparse", DataType.SPARSE_FLOAT_VECTOR, {})])
        rows = [{"id": i, "sparse": sparse(form, i)} for i in range(ROWS)]
        server.bulk_insert(name, write_rows(server, name, rows))
        expect("nearest", server.nearest(name, "sparse", {100_007: 1.0, 7: 1.0})[0], 7)


def write(server, schema, kind, rows, **config):
    """Writes rows as bulk_writer does, in several files; gives the files of each."""
    writer = LocalBulkWriter(schema=schema, local_path=os.path.join(server.root, "written"),
                             chunk_size=64 * 1024, file_type=kind, **config)
    for row in rows:
        writer.append_row(row)
    writer.commit()
    return [[os.path.relpath(file, server.root) for file in group] for group in writer.batch_files]


def written_row(i, kind, nullable, form):
    row = {
        **{"id": i, "vector": vectors_of_rows[i].tolist(), "flag": i % 2 == 0, "int8": i % 100},
        **{"int64": i * 3, "float": i / 4, "double": i / 8, "text": f"text {i}"},
        "json": {"number": i, "list": [i]},
    }
    if kind != BulkFileType.NUMPY:
        row |= {"ints": [i, i + 1], "floats": [i / 2], "texts": [f"t{i}"], "bools": [True]}
        row |= {"sparse": sparse(form, i)}
    if nullable and i % 5 == 0 and kind != BulkFileType.NUMPY:
        row |= {"maybe": None}
    elif nullable:
        row |= {"maybe": i}
    return row


vectors_of_rows = vectors()


def bulk_writer_case(server, kind, nullable, form, **config):
    fields = [ID, VECTOR, *SCALARS]
    if kind != BulkFileType.NUMPY:
        fields += [*ARRAYS, ("sparse", DataType.SPARSE_FLOAT_VECTOR, {})]
    if nullable:
        fields += [("maybe", DataType.INT64, {"nullable": True})]
    name = server.create(fields, enable_dynamic_field=True)
    rows = [written_row(int(i), kind, nullable, form) | {"name": f"dynamic {i}", "age": int(i)}
            for i in ids()]
    schema = server.schema(fields, enable_dynamic_field=True)
    groups = write(server, schema, kind, rows, **config)
    assert len(groups) > 1 or kind == BulkFileType.NUMPY, groups
    for group in groups:
        server.bulk_insert(name, group)
    arrays = None if kind == BulkFileType.NUMPY else [[7, 8], [3.5], ["t7"], [True]]
    expect_rows(server, name, False, True, arrays)
    if nullable and kind != BulkFileType.NUMPY:
        expect("null", server.rows(name, "id in [5, 7]", ["maybe"]),
               [{"id": 5, "maybe": None}, {"id": 7, "maybe": 7}])
    if kind != BulkFileType.NUMPY:
        expect("sparse", server.nearest(name, "sparse", {100_007: 1.0, 7: 1.0})[0], 7)


WRITER = "_with_bulk_writer"


@case(f"case 19 test_with_all_field_json{WRITER}")
def writer_json(server):
    for nullable in (False, True):
        for form in ("doc", "coo"):
            bulk_writer_case(server, BulkFileType.JSON, nullable, form)


@case(f"case 20 test_with_all_field_numpy{WRITER}")
def writer_numpy(server):
    for nullable in (False, True):
        bulk_writer_case(server, BulkFileType.NUMPY, nullable, None)


@case(f"case 21 test_with_all_field_parquet{WRITER}")
def writer_parquet(server):
    for nullable in (False, True):
        for form in ("doc", "coo"):
            bulk_writer_case(server, BulkFileType.PARQUET, nullable, form)


@case(f"case 22 test_with_all_field_csv{WRITER}")
def writer_csv(server):
    for nullable in (False, True):
        for form in ("doc", "coo"):
            bulk_writer_case(server, BulkFileType.CSV, nullable, form)


@case(f"case 22 test_with_all_field_csv{WRITER}: after add_field")
def csv_after_add_field(server):
    fields = [ID, VECTOR]
    name = server.create(fields)
    rows = [{"id": int(i), "vector": vectors_of_rows[i].tolist()} for i in ids()]
    for group in write(server, server.schema(fields), BulkFileType.CSV, rows[:250]):
        server.bulk_insert(name, group)
    server.client.add_collection_field(name, "added", DataType.INT64, nullable=True)
    added = [*fields, ("added", DataType.INT64, {"nullable": True})]
    later = [row | {"added": row["id"]} for row in rows[250:]]
    for group in write(server, server.schema(added), BulkFileType.CSV, later):
        server.bulk_insert(name, group)
    expect("rows", server.count(name), ROWS)
    expect("added", server.rows(name, "id in [249, 250]", ["added"]),
           [{"id": 249, "added": None}, {"id": 250, "added": 250}])


NULLABLE = ("vector", DataType.FLOAT_VECTOR, {"dim": DIM, "nullable": True})


def expect_null_vectors(server, name):
    expect("rows", server.count(name), ROWS)
    rows = server.rows(name, "id < 4", ["vector"])
    expect("nulls", [row["vector"] is None for row in rows], [False, True, False, True])
    np.testing.assert_array_equal(np.float32(rows[2]["vector"]), vectors()[2])
    hits = server.nearest(name, "vector", vectors()[1], limit=ROWS)
    expect("hits", (len(hits), {hit % 2 for hit in hits}), (ROWS // 2, {0}))


@case("case 26 test_bulk_insert_parquet_nullable_float_vector_null_and_omit")
def parquet_null_vectors(server):
    values = [None if i % 2 else vectors()[i] for i in ids()]
    kinds = (pa.list_(pa.float32()), pa.list_(pa.float32(), DIM), pa.large_list(pa.float64()))
    for kind in kinds:
        name = server.create([ID, NULLABLE])
        columns = {"id": ids(), "vector": pa.array(values, kind)}
        server.bulk_insert(name, [server.parquet(f"{name}/rows.parquet", columns)])
        expect_null_vectors(server, name)
    name = server.create([ID, NULLABLE])
    server.bulk_insert(name, [server.parquet(f"{name}/omitted.parquet", {"id": ids()})])
    expect("all null", len(server.rows(name, "vector is null", ["id"])), ROWS)


@case("case 27 test_bulk_writer_nullable_float_vector")
def writer_null_vectors(server):
    rows = [{"id": int(i), "vector": None if i % 2 else vectors()[i].tolist()} for i in ids()]
    for kind in (BulkFileType.JSON, BulkFileType.CSV, BulkFileType.PARQUET):
        name = server.create([ID, NULLABLE])
        for group in write(server, server.schema([ID, NULLABLE]), kind, rows):
            server.bulk_insert(name, group)
        expect_null_vectors(server, name)


@case("case 28 test_bulk_insert_json_nullable_vector_all_types: searched")
def null_vectors_of_all_types(server):
    bytes_of = np.random.default_rng(5).integers(-128, 128, (ROWS, DIM), dtype=np.int8)
    bits = np.random.default_rng(6).integers(0, 256, (ROWS, DIM), dtype=np.uint8)
    floats = vectors().tolist()
    kinds = (
        (DataType.FLOAT16_VECTOR, {"dim": DIM}, floats, vectors()[2].astype(np.float16)),
        (DataType.BFLOAT16_VECTOR, {"dim": DIM}, bytes_of.tolist(), bfloat16(bytes_of[2])),
        (DataType.INT8_VECTOR, {"dim": DIM}, bytes_of.tolist(), bytes_of[2]),
        (DataType.BINARY_VECTOR, {"dim": DIM * 8}, bits.tolist(), bits[2].tobytes()),
        (DataType.SPARSE_FLOAT_VECTOR, {}, [{i: 1.5, 9_999: 0.5} for i in range(ROWS)], {2: 1.0, 9_999: 0.1}),
    )
    for kind, options, values, asked in kinds:
        name = server.create([ID, ("vector", kind, {**options, "nullable": True})])
        rows = [{"id": i, "vector": None if i % 2 else values[i]} for i in range(ROWS)]
        server.bulk_insert(name, write_rows(server, name, rows))
        expect(f"nulls of {kind}", len(server.rows(name, "vector is null", ["id"])), ROWS // 2)
        hits = server.nearest(name, "vector", asked, limit=ROWS)
        expect(f"hits of {kind}", (hits[0], len(hits), {hit % 2 for hit in hits}), (2, ROWS // 2, {0}))


def bfloat16(numbers):
    """The upper halves of float32: of small integers nothing is lost."""
    return (numbers.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).tobytes()


@case("case 29 test_bulk_insert_non_nullable_float_vector_with_null_failed: parquet")
def null_in_non_nullable(server):
    name = server.create([ID, VECTOR])
    values = [None if i == 17 else vectors()[i] for i in ids()]
    columns = {"id": ids(), "vector": pa.array(values, pa.list_(pa.float32()))}
    path = server.parquet(f"{name}/rows.parquet", columns)
    state = server.bulk_insert(name, [path], wanted="Failed")
    fail_with(state, "row 17", "the field 'vector' is not nullable but the file contains null value")
    expect("rows", server.count(name), 0)


run_cases()
