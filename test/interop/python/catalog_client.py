"""What MilvusClient does with a catalog: databases, aliases, changes of a collection, upserts."""
import time

import pymilvus
from pymilvus import DataType, MilvusClient, MilvusException

from common import arguments, expect, report

DIM = 4


def code_of(call):
    try:
        call()
    except MilvusException as error:
        return error.code
    return 0


def rows_of(ids, **more):
    return [{"id": key, "vector": [float(key), 0.0, 0.0, 1.0], **more} for key in ids]


def seen(client, name, fields, **filters):
    rows = client.query(name, filter="id >= 0", output_fields=fields, **filters)
    return [tuple(row.get(field) for field in fields) for row in rows]


def create(client, name):
    schema = client.create_schema(enable_dynamic_field=True)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIM)
    schema.add_field("text", DataType.VARCHAR, max_length=8)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_collection(name, schema=schema, index_params=index)


def check_databases(client):
    client.create_database("library", properties={"database.replica.number": "1"})
    expect("databases", sorted(client.list_databases()), ["default", "library"])
    expect("properties", client.describe_database("library")["database.replica.number"], "1")
    client.alter_database_properties("library", {"database.max.collections": "9"})
    expect("altered", client.describe_database("library")["database.max.collections"], "9")
    client.drop_database_properties("library", ["database.max.collections"])
    expect("dropped", "database.max.collections" in client.describe_database("library"), False)
    client.use_database("library")
    create(client, "books")
    expect("collections of library", client.list_collections(), ["books"])
    client.use_database("default")
    expect("collections of default", client.list_collections(), [])
    expect("a database in use", code_of(lambda: client.drop_database("library")), 1100)
    client.use_database("library")
    client.drop_collection("books")
    client.use_database("default")
    client.drop_database("library")
    expect("an unknown database", code_of(lambda: client.use_database("library")), 800)


def check_upsert(client):
    create(client, "books")
    client.insert("books", rows_of([1, 2], text="old"))
    written = client.upsert("books", rows_of([2, 3], text="new", page=7))
    expect("upsert_count", written["upsert_count"], 2)
    expect("rows", seen(client, "books", ["id", "text", "page"]), [(1, "old", None), (2, "new", 7), (3, "new", 7)])
    hits = client.search("books", [[2.0, 0.0, 0.0, 1.0]], limit=1, output_fields=["text"])
    expect("hit", (hits[0][0]["id"], hits[0][0]["entity"]["text"]), (2, "new"))
    expect("twice", code_of(lambda: client.upsert("books", rows_of([1, 1], text="x"))), 1100)
    client.upsert("books", [{"id": 2, "text": "part", "shelf": "a"}], partial_update=True)
    expect("partial", seen(client, "books", ["id", "text", "page", "shelf"])[1], (2, "part", 7, "a"))
    client.upsert("books", [{"id": 2, "text": "new"}], partial_update=True)
    expect("row_count", client.get_collection_stats("books")["row_count"], 3)


def check_aliases(client):
    client.create_alias("books", "shelf")
    expect("aliases", client.list_aliases("books")["aliases"], ["shelf"])
    expect("describe_alias", client.describe_alias("shelf")["collection_name"], "books")
    expect("by alias", seen(client, "shelf", ["id"]), [(1,), (2,), (3,)])
    expect("describe by alias", client.describe_collection("shelf")["aliases"], ["shelf"])
    expect("has by alias", client.has_collection("shelf"), True)
    client.insert("shelf", rows_of([4], text="new"))
    create(client, "other")
    client.alter_alias("other", "shelf")
    expect("altered alias", seen(client, "shelf", ["id"]), [])
    expect("drop with alias", code_of(lambda: client.drop_collection("other")), 1100)
    client.drop_alias("shelf")
    expect("unknown alias", code_of(lambda: client.describe_alias("shelf")), 1600)
    client.drop_collection("other")


def check_changes(client):
    client.rename_collection("books", "tomes")
    expect("renamed", client.list_collections(), ["tomes"])
    client.alter_collection_properties("tomes", {"collection.ttl.seconds": "100000"})
    expect("property", client.describe_collection("tomes")["properties"]["collection.ttl.seconds"], "100000")
    client.drop_collection_properties("tomes", ["collection.ttl.seconds"])
    expect("no property", client.describe_collection("tomes").get("properties"), {"timezone": "UTC"})
    expect("wrong", code_of(lambda: client.alter_collection_properties("tomes", {"collection.ttl.seconds": "x"})), 1100)
    client.alter_collection_field("tomes", "text", {"max_length": 16})
    client.insert("tomes", rows_of([5], text="sixteen letters."))
    client.release_collection("tomes")
    client.alter_index_properties("tomes", "vector", {"mmap.enabled": True})
    expect("index", client.describe_index("tomes", "vector")["mmap.enabled"], "True")
    client.drop_index_properties("tomes", "vector", ["mmap.enabled"])
    client.load_collection("tomes")


def check_fields(client):
    client.flush("tomes")
    client.insert("tomes", rows_of([6], text="six"))
    client.add_collection_field("tomes", "rank", DataType.INT64, nullable=True, default_value=9)
    client.add_collection_field("tomes", "note", DataType.VARCHAR, nullable=True, max_length=4)
    client.insert("tomes", rows_of([7], text="seven", rank=1, note="x"))
    found = seen(client, "tomes", ["id", "rank", "note"])
    expect("older rows", set(found[:-1]), {(key, 9, None) for key in range(1, 7)})
    expect("newer row", found[-1], (7, 1, "x"))
    hits = client.query("tomes", filter="rank == 9 and note is null", output_fields=["count(*)"])
    expect("filtered", hits[0]["count(*)"], 6)
    client.drop_collection_field("tomes", "note")
    fields = [field["name"] for field in client.describe_collection("tomes")["fields"]]
    expect("fields", fields, ["id", "vector", "text", "rank"])


def check_cluster(client):
    client.flush("tomes")
    expect("resource groups", client.list_resource_groups(), ["__default_resource_group"])
    group = client.describe_resource_group("__default_resource_group")
    expect("capacity", (group.capacity, group.num_loaded_replica), (1, {"tomes": 1}))
    infos = client.list_persistent_segments("tomes")
    expect("persistent rows", sum(info.num_rows for info in infos), 7)
    expect("loaded rows", sum(info.num_rows for info in client.list_loaded_segments("tomes")), 7)
    job = client.compact("tomes")
    while client.get_compaction_state(job) == "Executing":
        time.sleep(0.05)
    expect("compaction", client.get_compaction_state(job), "Completed")
    expect("replicas", [list(replica.group_nodes) for replica in client.describe_replica("tomes")], [[1]])
    client.flush_all()


def main():
    args = arguments()
    client = MilvusClient(uri=f"http://{args.host}:{args.port}")
    check_databases(client)
    check_upsert(client)
    check_aliases(client)
    check_changes(client)
    check_fields(client)
    check_cluster(client)
    client.truncate_collection("tomes")
    expect("truncated", seen(client, "tomes", ["id"]), [])
    client.drop_collection("tomes")
    report(pymilvus=pymilvus.__version__)


main()
