"""Leaves a collection of 3,000 bulk-inserted rows behind."""
import numpy as np
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections, utility

from common import arguments, expect, report, wait_for_bulk_insert, write_npy

ROWS, DIM = 3_000, 8

args = arguments()
connections.connect(host=args.host, port=args.port)
fields = [
    FieldSchema("id", DataType.INT64, is_primary=True),
    FieldSchema("name", DataType.VARCHAR, max_length=20),
    FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
]
Collection("segments", CollectionSchema(fields))
files = write_npy(args.root, {
    "segments/id.npy": np.arange(ROWS),
    "segments/name.npy": np.array([f"name {row}" for row in range(ROWS)]),
    "segments/vector.npy": np.random.default_rng(4).random((ROWS, DIM), dtype=np.float32),
})
state = wait_for_bulk_insert(utility.do_bulk_insert("segments", files))
expect("state", state.state_name, "Completed")
report(rows=ROWS)
