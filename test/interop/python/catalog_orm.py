"""What the ORM of old and new pymilvus does with a catalog: databases, aliases, upserts, partition keys."""
import pymilvus
from pymilvus import (
    Collection, CollectionSchema, DataType, FieldSchema, MilvusException, connections, db, utility)

from common import arguments, expect, report

DIM = 4


def code_of(call):
    try:
        call()
    except MilvusException as error:
        return error.code
    return 0


def vectors(ids):
    return [[float(key), 0.0, 0.0, 1.0] for key in ids]


def collection(name, **key):
    schema = CollectionSchema([
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
        FieldSchema("shelf", DataType.VARCHAR, max_length=16, **key),
    ])
    made = Collection(name, schema)
    made.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    made.load()
    return made


def check_databases(args):
    db.create_database("orm_db")
    expect("databases", "orm_db" in db.list_database(), True)
    connections.connect(alias="orm_db", host=args.host, port=args.port, db_name="orm_db")
    Collection("inside", CollectionSchema([
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM)]), using="orm_db")
    expect("inside", utility.list_collections(using="orm_db"), ["inside"])
    expect("outside", "inside" in utility.list_collections(), False)
    utility.drop_collection("inside", using="orm_db")
    connections.disconnect("orm_db")
    db.drop_database("orm_db")


def check_upsert(name, **key):
    books = collection(name, **key)
    books.insert([[1, 2], vectors([1, 2]), ["a", "b"]])
    books.flush()
    result = books.upsert([[2, 3], vectors([2, 3]), ["c", "c"]])
    expect("upsert_count", (result.upsert_count, list(result.primary_keys)), (2, [2, 3]))
    rows = books.query("id >= 0", output_fields=["shelf"], consistency_level="Strong")
    expect("rows", [(row["id"], row["shelf"]) for row in rows], [(1, "a"), (2, "c"), (3, "c")])
    expect("num_entities", books.num_entities, 3)
    return books


def check_aliases(books):
    utility.create_alias(books.name, "orm_alias")
    expect("aliases", list(utility.list_aliases(books.name)), ["orm_alias"])
    expect("entities by alias", Collection("orm_alias").num_entities, 3)
    expect("drop by alias", code_of(lambda: utility.drop_collection("orm_alias")) != 0, True)
    utility.drop_alias("orm_alias")


def check_rest(books):
    utility.rename_collection(books.name, "orm_renamed")
    books = Collection("orm_renamed")
    books.set_properties({"collection.ttl.seconds": 1800})
    infos = utility.get_query_segment_info("orm_renamed")
    expect("loaded rows", sum(info.num_rows for info in infos) >= 3, True)
    books.compact()
    books.wait_for_compaction_completed()
    # The rows that upserts replaced are left out of a segment written anew.
    plans = books.get_compaction_plans().plans
    expect("plans", [len(plan.sources) for plan in plans], [1])
    expect("replicas", len(books.get_replicas().groups), 1)
    expect("resource groups", utility.list_resource_groups(), ["__default_resource_group"])
    utility.flush_all()
    books.drop()


def main():
    args = arguments()
    connections.connect(host=args.host, port=args.port)
    check_databases(args)
    check_upsert("orm_keyed", is_partition_key=True).drop()
    books = check_upsert("orm_books")
    check_aliases(books)
    check_rest(books)
    report(pymilvus=pymilvus.__version__)


main()
