"""MilvusClient's round trip: a loaded collection, a bulk insert that is seen at once, rows in and out."""
import numpy as np
import pymilvus
from pymilvus import MilvusClient, connections, utility

from common import arguments, expect, report, wait_for_bulk_insert, write_npy

ROWS, DIM = 2_000, 16


def count(client):
    rows = client.query("round_trip", filter="", output_fields=["count(*)"], consistency_level="Strong")
    return rows[0]["count(*)"]


def check_rows(client, vectors):
    found = client.search(
        "round_trip", data=[vectors[42].tolist()], limit=3, output_fields=["id"], consistency_level="Strong")
    distances = ((vectors - vectors[42]) ** 2).sum(axis=1)
    expect("nearest", [hit["id"] for hit in found[0]], np.argsort(distances)[:3].tolist())
    rows = client.get("round_trip", ids=[1, 2], output_fields=["id"])
    expect("get", sorted(row["id"] for row in rows), [1, 2])


def check_insert_and_delete(client, vectors):
    written = client.insert("round_trip", [{"id": 50_000, "vector": vectors[0].tolist()}])
    expect("insert_count", written["insert_count"], 1)
    expect("count after insert", count(client), ROWS + 1)
    client.delete("round_trip", filter="id in [50000, 7]")
    expect("count after delete", count(client), ROWS - 1)


def main():
    args = arguments()
    client = MilvusClient(uri=f"http://{args.host}:{args.port}")
    if client.has_collection("round_trip"):
        client.drop_collection("round_trip")
    client.create_collection("round_trip", dimension=DIM, metric_type="L2", enable_dynamic_field=False)
    assert "round_trip" in client.list_collections()
    fields = [field["name"] for field in client.describe_collection("round_trip")["fields"]]
    expect("fields", fields, ["id", "vector"])

    vectors = np.random.default_rng(2).random((ROWS, DIM), dtype=np.float32)
    files = write_npy(args.root, {"round_trip/id.npy": np.arange(ROWS), "round_trip/vector.npy": vectors})
    connections.connect(alias="orm", host=args.host, port=args.port)
    task_id = utility.do_bulk_insert("round_trip", files, using="orm")
    state = wait_for_bulk_insert(task_id, using="orm")
    expect("state", state.state_name, "Completed")

    expect("count at Completed, of a loaded collection", count(client), ROWS)
    check_rows(client, vectors)
    check_insert_and_delete(client, vectors)
    client.drop_collection("round_trip")
    expect("list_collections", "round_trip" in client.list_collections(), False)
    report(pymilvus=pymilvus.__version__, rows=ROWS)


main()
