"""What pymilvus.bulk_writer writes is read back: every file type by every data type, with nulls and $meta."""
import json
import time

import numpy as np
from pymilvus import CollectionSchema, DataType, FieldSchema, MilvusClient
from pymilvus.bulk_writer import (
    BulkFileType,
    LocalBulkWriter,
    RemoteBulkWriter,
    bulk_import,
    get_import_progress,
)

from common import arguments, expect, report

ROWS, DIM = 12, 8
FILE_TYPES = {
    "npy": BulkFileType.NUMPY,
    "json": BulkFileType.JSON,
    "jsonl": BulkFileType.JSONL,
    "parquet": BulkFileType.PARQUET,
    "csv": BulkFileType.CSV,
}
rng = np.random.default_rng(3)
FLOATS = (rng.integers(-80, 80, (ROWS, DIM)) / 8).astype(np.float32)
every = lambda make: [make(row) for row in range(ROWS)]


def bfloat16(row):
    return (np.asarray(row, np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()


# name: (data type, its parameters, the values that are written)
TYPES = {
    "bool": (DataType.BOOL, {}, every(lambda row: row % 3 == 0)),
    "int8": (DataType.INT8, {}, every(lambda row: row * 20 - 120)),
    "int16": (DataType.INT16, {}, every(lambda row: row * 5000 - 30000)),
    "int32": (DataType.INT32, {}, every(lambda row: row * 10**8 - 10**9)),
    # pandas makes floats of integers among nulls.
    "int64": (DataType.INT64, {}, every(lambda row: (-1) ** row * (2**52 + row))),
    "float": (DataType.FLOAT, {}, every(lambda row: row / 4)),
    "double": (DataType.DOUBLE, {}, every(lambda row: row / 10)),
    "varchar": (DataType.VARCHAR, {"max_length": 200}, every(lambda row: f'Grüße,"{row}"\n🦊')),
    "json": (DataType.JSON, {}, every(lambda row: {"row": row, "in": [row, None, "é\"x"]})),
    "array of int64": (DataType.ARRAY, {"element_type": DataType.INT64, "max_capacity": 9},
                       every(lambda row: [2**60 + row] * (row % 4))),
    "array of float": (DataType.ARRAY, {"element_type": DataType.FLOAT, "max_capacity": 9},
                       every(lambda row: [row / 4] * (row % 4))),
    "array of bool": (DataType.ARRAY, {"element_type": DataType.BOOL, "max_capacity": 9},
                      every(lambda row: [row % 2 == 0] * (row % 4))),
    "array of int8": (DataType.ARRAY, {"element_type": DataType.INT8, "max_capacity": 9},
                      every(lambda row: [row - 6] * (row % 4))),
    "array of varchar": (DataType.ARRAY,
                         {"element_type": DataType.VARCHAR, "max_capacity": 9, "max_length": 50},
                         every(lambda row: [f'é"{row}'] * (row % 4))),
    "timestamptz": (DataType.TIMESTAMPTZ, {},
                    every(lambda row: f"2025-01-{row + 1:02d}T00:00:00.25+08:00")),
    "geometry": (DataType.GEOMETRY, {}, every(lambda row: f"POINT ({row} {row})")),
    "binary vector": (DataType.BINARY_VECTOR, {"dim": 16},
                      every(lambda row: [row % 2, 1] * 8)),
    "float16 vector": (DataType.FLOAT16_VECTOR, {"dim": DIM}, every(lambda row: FLOATS[row].tolist())),
    "float16 vector of numpy": (DataType.FLOAT16_VECTOR, {"dim": DIM},
                                every(lambda row: FLOATS[row].astype(np.float16))),
    "bfloat16 vector": (DataType.BFLOAT16_VECTOR, {"dim": DIM},
                        every(lambda row: np.rint(FLOATS[row]).tolist())),
    "int8 vector": (DataType.INT8_VECTOR, {"dim": DIM}, every(lambda row: [row - 6] * DIM)),
    "sparse vector": (DataType.SPARSE_FLOAT_VECTOR, {},
                      every(lambda row: {row: 0.5, 4_000_000_000: row + 1.0})),
    "sparse indices": (DataType.SPARSE_FLOAT_VECTOR, {},
                       every(lambda row: {"indices": [row, 77], "values": [0.5, 2.0]})),
}
VECTORS = [name for name in TYPES if "vector" in name or "sparse" in name]


def schema_of(name, nullable):
    data_type, params, _ = TYPES[name]
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
        FieldSchema("x", data_type, nullable=nullable, **params),
    ]
    return CollectionSchema(fields, enable_dynamic_field=True)


def rows_of(name, nullable):
    values = TYPES[name][2]
    rows = [{"id": row, "vector": FLOATS[row].tolist(), "x": values[row], f"extra{row % 2}": row}
            for row in range(ROWS)]
    if nullable:
        for row in rows[::3]:
            row["x"] = None
    return rows


def canonical(name, value):
    """A value as it was written or read, in one form."""
    if value is None:
        return None
    data_type = TYPES[name][0]
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], bytes):
        value = value[0]
    if data_type == DataType.BINARY_VECTOR:
        return value if isinstance(value, bytes) else np.packbits(value).tobytes()
    if data_type in (DataType.FLOAT16_VECTOR, DataType.BFLOAT16_VECTOR):
        if isinstance(value, bytes):
            return value
        is_half = data_type == DataType.FLOAT16_VECTOR
        return np.asarray(value, np.float16).tobytes() if is_half else bfloat16(value)
    if data_type == DataType.INT8_VECTOR:
        return value if isinstance(value, bytes) else np.asarray(value, np.int8).tobytes()
    if data_type == DataType.SPARSE_FLOAT_VECTOR:
        pairs = zip(value["indices"], value["values"]) if "indices" in value else value.items()
        return {int(index): float(number) for index, number in pairs}
    if data_type == DataType.TIMESTAMPTZ:
        import datetime
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    return json.loads(json.dumps(value if data_type != DataType.ARRAY else list(value)))


def wait_for(url, job_id):
    for _ in range(3_000):
        data = get_import_progress(url=url, job_id=job_id).json()["data"]
        if data["state"] in ("Completed", "Failed"):
            return data
        time.sleep(0.02)
    raise TimeoutError(f"job {job_id} is still {data}")


def writer_for(args, schema, file_type):
    if not args.minio:
        return LocalBulkWriter(schema=schema, local_path=f"{args.root}/writer", file_type=file_type)
    connection = RemoteBulkWriter.S3ConnectParam(
        endpoint=args.minio, access_key=args.access_key, secret_key=args.secret_key,
        bucket_name=args.bucket, secure=False)
    return RemoteBulkWriter(schema=schema, remote_path="writer", connect_param=connection,
                            file_type=file_type)


def round_trip(client, url, args, extension, name, nullable):
    """None where it came back as it was; else what is wrong."""
    schema = schema_of(name, nullable)
    rows = rows_of(name, nullable)
    try:
        writer = writer_for(args, schema, FILE_TYPES[extension])
        for row in rows:
            writer.append_row(dict(row))
        writer.commit()
    except Exception as error:  # The writer itself refuses some types.
        return f"not written: {str(error)[:120]}"
    if not writer.batch_files:
        return "not written: the writer says so in its log only"
    collection = "bulk_writer"
    if client.has_collection(collection):
        client.drop_collection(collection)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    if name in VECTORS:
        data_type = TYPES[name][0]
        metric = {DataType.BINARY_VECTOR: "HAMMING", DataType.SPARSE_FLOAT_VECTOR: "IP"}
        index.add_index("x", index_type="AUTOINDEX", metric_type=metric.get(data_type, "L2"))
    client.create_collection(collection, schema=schema, index_params=index)
    options = {"bucket": args.bucket} if args.minio else {}
    reply = bulk_import(url=url, collection_name=collection, files=writer.batch_files, options=options)
    data = wait_for(url, reply.json()["data"]["jobId"])
    if data["state"] != "Completed" and "'|O' is not supported" in data["reason"]:
        return "not written: a pickle of Python objects, of which None is one"
    if data["state"] != "Completed":
        return f"not imported: {data['reason'][:300]}"
    found = client.query(collection, filter="id >= 0", limit=ROWS, consistency_level="Strong",
                         output_fields=["id", "vector", "x", "extra0", "extra1"])
    found = {row["id"]: row for row in found}
    if len(found) != ROWS:
        return f"{len(found)} rows"
    for row in rows:
        got = found[row["id"]]
        if canonical(name, got.get("x")) != canonical(name, row["x"]):
            return f"row {row['id']}: wrote {row['x']!r}, read {got.get('x')!r}"
        if got["vector"] != row["vector"]:
            return f"row {row['id']}: another vector"
        extra = f"extra{row['id'] % 2}"
        if got.get(extra) != row[extra]:
            return f"row {row['id']}: {extra} is {got.get(extra)!r}"
    return None


def main():
    args = arguments(lambda parser: [parser.add_argument(f"--{word}") for word in
                                     ("minio", "access-key", "secret-key", "bucket")])
    url = f"http://{args.host}:{args.port}"
    client = MilvusClient(uri=url)
    wrong, not_written, done = {}, {}, 0
    for extension in FILE_TYPES:
        for name in TYPES:
            for nullable in (False, True):
                fault = round_trip(client, url, args, extension, name, nullable)
                key = f"{extension}: {name}{', nullable' if nullable else ''}"
                if fault is None:
                    done += 1
                elif fault.startswith("not written"):
                    not_written[key] = fault
                else:
                    wrong[key] = fault
    expect("what did not come back", wrong, {})
    report(done=done, notWritten=not_written)


if __name__ == "__main__":
    main()
