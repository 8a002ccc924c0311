"""What MilvusClient does with snapshots of a collection."""
import pymilvus
from pymilvus import DataType, MilvusClient, MilvusException

from common import arguments, expect, report

DIM = 4


def error_of(call):
    try:
        call()
    except MilvusException as error:
        return error
    raise AssertionError("expected an error")


def expect_error(call, code, words):
    error = error_of(call)
    expect(f"the code of {error}", error.code, code)
    assert words in str(error), f"expected {words!r} in {error}"


def rows_of(ids, text):
    return [{"id": key, "vector": [float(key), 0.0, 0.0, 1.0], "text": text} for key in ids]


def create(client, name):
    schema = client.create_schema(enable_dynamic_field=True)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIM)
    schema.add_field("text", DataType.VARCHAR, max_length=8)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="HNSW", metric_type="L2", M=8, efConstruction=64)
    client.create_collection(name, schema=schema, index_params=index)


def restored(client, snapshot, target):
    job_id = client.restore_snapshot(
        snapshot, source_collection_name="origin", target_collection_name=target
    )
    assert job_id > 0, job_id
    state = client.get_restore_snapshot_state(job_id)
    expect("state", state.state, "RestoreSnapshotCompleted")
    expect("job", (state.job_id, state.snapshot_name), (job_id, snapshot))
    expect("target", (state.db_name, state.collection_name), ("default", target))
    expect("progress", (state.progress, state.reason), (100, ""))
    assert state.start_time > 1_700_000_000_000, state
    client.load_collection(target)
    rows = client.query(target, filter="id >= 0", output_fields=["id", "text", "extra"])
    return job_id, {row["id"]: row["text"] for row in rows}


def main():
    options = arguments()
    client = MilvusClient(uri=f"http://{options.host}:{options.port}")
    create(client, "origin")
    client.create_partition("origin", "archive")
    client.insert("origin", [{**row, "extra": row["id"]} for row in rows_of(range(20), "first")])
    client.insert("origin", rows_of([20], "first"), partition_name="archive")
    client.flush("origin")
    client.delete("origin", ids=[3])
    client.upsert("origin", rows_of([4], "second"))
    wanted = {key: "second" if key == 4 else "first" for key in range(21) if key != 3}

    client.create_snapshot("s", "origin", description="of a test")
    expect("list", client.list_snapshots("origin"), ["s"])
    info = client.describe_snapshot("s", "origin")
    expect("name", (info.name, info.description, info.collection_name), ("s", "of a test", "origin"))
    expect("partitions", info.partition_names, ["_default", "archive"])
    assert info.create_ts > 1_700_000_000_000 and info.s3_location, info

    client.delete("origin", filter="id < 10")
    client.insert("origin", rows_of([99], "third"))
    client.create_snapshot("later", "origin", compaction_protection_seconds=60)
    job_id, rows = restored(client, "s", "copy")
    expect("rows", rows, wanted)
    later_id, rows = restored(client, "later", "later_copy")
    expect("later rows", rows, {**{key: "first" for key in range(10, 21)}, 99: "third"})
    expect("partitions", client.list_partitions("copy"), ["_default", "archive"])
    expect("indexes", client.list_indexes("copy"), ["vector"])
    hits = client.search("copy", data=[[7.0, 0.0, 0.0, 1.0]], limit=1, output_fields=["extra"])
    expect("hit", (hits[0][0]["id"], hits[0][0]["entity"]["extra"]), (7, 7))
    jobs = [job.job_id for job in client.list_restore_snapshot_jobs()]
    expect("jobs", jobs, [job_id, later_id])
    jobs = client.list_restore_snapshot_jobs(collection_name="copy")
    expect("jobs of a collection", [job.job_id for job in jobs], [job_id])

    def restore(name, target):
        origin = {"source_collection_name": "origin"}
        return client.restore_snapshot(name, target_collection_name=target, **origin)

    expect_error(lambda: client.create_snapshot("s", "origin"), 1100, "already exists")
    expect_error(lambda: client.create_snapshot(" ", "origin"), 1100, "snapshot name should be not empty")
    expect_error(lambda: client.create_snapshot("s", "nowhere"), 100, "collection not found")
    expect_error(lambda: client.describe_snapshot("none", "origin"), 1000, "not found")
    expect_error(lambda: restore("none", "x"), 1000, "not found")
    expect_error(lambda: restore("s", "copy"), 65535, "duplicate collection")
    expect_error(lambda: client.get_restore_snapshot_state(999), 2101, "not found")
    expect_error(lambda: client.list_snapshots(), 1101, "collection_name is required")

    pin_id = client.pin_snapshot_data("s", "origin", ttl_seconds=60)
    expect_error(lambda: client.drop_snapshot("s", "origin"), 65535, "pinned")
    client.unpin_snapshot_data(pin_id)
    client.drop_snapshot("s", "origin")
    client.drop_snapshot("s", "origin")
    expect("list", client.list_snapshots("origin"), ["later"])
    client.drop_collection("origin")
    expect("rows that were restored", client.query("copy", output_fields=["count(*)"])[0], {"count(*)": 20})
    expect_error(lambda: client.list_snapshots("origin"), 100, "collection not found")
    report(pymilvus=pymilvus.__version__)


main()
