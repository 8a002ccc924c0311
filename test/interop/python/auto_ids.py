"""Auto ids are told as half-open ranges, and are the keys that the rows then have."""
import numpy as np
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections, utility

from common import arguments, expect, report, wait_for_bulk_insert, write_npy

ROWS, DIM = 500, 8


def main():
    args = arguments()
    connections.connect(host=args.host, port=args.port)
    if utility.has_collection("auto_ids"):
        utility.drop_collection("auto_ids")
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True, auto_id=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
    ]
    collection = Collection("auto_ids", CollectionSchema(fields))
    collection.create_partition("p1")
    vectors = np.random.default_rng(3).random((ROWS, DIM), dtype=np.float32)
    files = write_npy(args.root, {"auto_ids/vector.npy": vectors})
    state = wait_for_bulk_insert(utility.do_bulk_insert("auto_ids", files, partition_name="p1"))

    expect("state", state.state_name, "Completed")
    expect("partition_name", state.partition_name, "p1")
    expect("entities of the partition", collection.partition("p1").num_entities, ROWS)
    ranges = list(state.id_ranges)
    assert len(ranges) % 2 == 0 and ranges, ranges
    ids = list(state.ids)
    expect("number of ids", (len(ids), len(set(ids))), (ROWS, ROWS))

    collection.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    collection.load()
    rows = collection.query("id > 0", output_fields=["id"], limit=ROWS, consistency_level="Strong")
    expect("keys of the rows", sorted(row["id"] for row in rows), sorted(ids))
    utility.drop_collection("auto_ids")
    report(ids=len(ids))


main()
