"""The bulk-insert example letter for letter, and what follows it, through the ORM."""
import re
import time

import numpy as np
import pymilvus
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections, utility

from common import arguments, expect, report, wait_for_bulk_insert, write_npy

ROWS, DIM = 10_000, 128


def make_collection():
    if utility.has_collection("test_collection"):
        utility.drop_collection("test_collection")
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
    ]
    return Collection("test_collection", CollectionSchema(fields))


def check_completed(state, task_id):
    expect("task_id", state.task_id, task_id)
    expect("state", (state.state, state.state_name), (6, "Completed"))
    expect("row_count", state.row_count, ROWS)
    expect("progress", state.progress, 100)
    expect("ids", (list(state.ids), list(state.id_ranges)), ([], []))
    expect("files", state.files, "data/id.npy,data/vector.npy")
    expect("collection_name", state.collection_name, "test_collection")
    expect("partition_name", state.partition_name, "_default")
    expect("failed_reason", state.failed_reason, "")
    assert abs(state.create_timestamp - time.time()) < 120, state.create_timestamp
    created = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(state.create_timestamp))
    expect("create_time_str", state.create_time_str, created)
    keys = ["files", "collection", "partition", "failed_reason", "progress_percent", "persist_cost"]
    expect("infos keys", list(state.infos), keys)
    assert re.fullmatch(r"\d+\.\d\d", state.infos["persist_cost"]), state.infos
    expect("repr", str(state), (
        "<Bulk insert state:\n"
        f"    - taskID          : {task_id},\n"
        "    - state           : Completed,\n"
        "    - row_count       : 10000,\n"
        "    - infos           : {'files': 'data/id.npy,data/vector.npy', 'collection': 'test_collection', "
        "'partition': '_default', 'failed_reason': '', 'progress_percent': '100', "
        f"'persist_cost': '{state.infos['persist_cost']}'}},\n"
        "    - id_ranges       : [],\n"
        f"    - create_ts       : {created}\n"
        ">"))


def check_list(task_id):
    tasks = utility.list_bulk_insert_tasks()
    check_completed(next(task for task in tasks if task.task_id == task_id), task_id)
    expect("limit 1", len(utility.list_bulk_insert_tasks(limit=1)), 1)
    named = utility.list_bulk_insert_tasks(collection_name="test_collection")
    assert task_id in [task.task_id for task in named], named
    expect("collections listed", {task.collection_name for task in named}, {"test_collection"})


def check_search(collection, vectors):
    collection.create_index(
        "vector", {"index_type": "IVF_FLAT", "metric_type": "L2", "params": {"nlist": 16}})
    expect("index", collection.index().params["index_type"], "IVF_FLAT")
    collection.load()
    distances = ((vectors - vectors[7]) ** 2).sum(axis=1)
    hits = collection.search(
        [vectors[7].tolist()], "vector", {"metric_type": "L2", "params": {"nprobe": 16}}, limit=3,
        output_fields=["id"], consistency_level="Strong")[0]
    expect("nearest", list(hits.ids), np.argsort(distances)[:3].tolist())
    assert np.allclose(hits.distances, np.sort(distances)[:3], atol=1e-3), hits.distances
    filtered = collection.search(
        [vectors[7].tolist()], "vector", {"metric_type": "L2", "params": {"nprobe": 16}}, limit=3,
        expr="id >= 100 and id < 200", consistency_level="Strong")[0]
    expect("nearest of 100 rows", list(filtered.ids), (np.argsort(distances[100:200])[:3] + 100).tolist())


def check_query(collection, vectors):
    rows = collection.query("id in [3, 9999]", output_fields=["id", "vector"], consistency_level="Strong")
    rows = sorted(rows, key=lambda row: row["id"])
    expect("ids", [row["id"] for row in rows], [3, 9999])
    for row in rows:
        assert np.array_equal(np.array(row["vector"], np.float32), vectors[row["id"]]), row
    counted = collection.query("", output_fields=["count(*)"], consistency_level="Strong")
    expect("count(*)", counted[0]["count(*)"], ROWS)
    expect("num_entities", collection.num_entities, ROWS)
    expect("limit", len(collection.query("id > 5", output_fields=["id"], limit=4, offset=2)), 4)


def check_insert_and_delete(collection, vectors):
    collection.insert([[20_000, 20_001], vectors[:2].tolist()])
    collection.delete("id in [20000, 5]")
    rows = collection.query("id in [5, 20000, 20001]", output_fields=["id"], consistency_level="Strong")
    expect("rows after insert and delete", [row["id"] for row in rows], [20_001])


def main():
    args = arguments()
    rng = np.random.default_rng(1)
    vectors = rng.random((ROWS, DIM), dtype=np.float32)
    write_npy(args.root, {"data/id.npy": np.arange(ROWS), "data/vector.npy": vectors})

    port = args.port
    connections.connect(port=port)
    collection = make_collection()

    task_id = utility.do_bulk_insert(collection_name="test_collection", files=["data/id.npy", "data/vector.npy"])
    res = utility.get_bulk_insert_state(task_id=task_id)
    printed_at_once = str(res)

    assert res.state in (0, 2, 5, 6), res
    check_completed(wait_for_bulk_insert(task_id), task_id)
    check_list(task_id)
    check_search(collection, vectors)
    check_query(collection, vectors)
    check_insert_and_delete(collection, vectors)
    collection.release()
    utility.drop_collection("test_collection")
    expect("has_collection", utility.has_collection("test_collection"), False)
    report(pymilvus=pymilvus.__version__, rows=ROWS, printed=printed_at_once)


main()
