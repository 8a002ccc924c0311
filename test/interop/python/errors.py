"""Every error reaches the user as MilvusException, with Milvus's code."""
import numpy as np
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, MilvusException, connections, utility

from common import arguments, expect, report, wait_for_bulk_insert, write_npy


def code_of(call):
    try:
        call()
    except MilvusException as error:
        assert error.message, error
        return error.code
    raise AssertionError("expected a MilvusException, got none")


def check_refused_at_once():
    files = ["errors/id.npy", "errors/vector.npy"]
    expect("collection", code_of(lambda: utility.do_bulk_insert("no_such_collection", files)), 100)
    expect("partition", code_of(lambda: utility.do_bulk_insert("errors", files, partition_name="nope")), 200)
    expect("no files", code_of(lambda: utility.do_bulk_insert("errors", [])), 1100)
    expect("task", code_of(lambda: utility.get_bulk_insert_state(123456)), 1000)
    expect("list", code_of(lambda: utility.list_bulk_insert_tasks(collection_name="no_such_collection")), 100)


def failed(files):
    state = wait_for_bulk_insert(utility.do_bulk_insert("errors", files))
    assert state.state in (1, 7), state
    expect("reason", state.infos["failed_reason"], state.failed_reason)
    return state.failed_reason


def main():
    args = arguments()
    connections.connect(host=args.host, port=args.port)
    if utility.has_collection("errors"):
        utility.drop_collection("errors")
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=8),
    ]
    collection = Collection("errors", CollectionSchema(fields))
    check_refused_at_once()
    missing = failed(["errors/nowhere/id.npy", "errors/nowhere/vector.npy"])
    assert "errors/nowhere/id.npy" in missing, missing
    wrong = failed(write_npy(args.root, {
        "errors/id.npy": np.arange(10), "errors/vector.npy": np.ones((10, 4), np.float32)}))
    assert "vector" in wrong and "8" in wrong and "4" in wrong, wrong
    expect("rows of failed tasks", collection.num_entities, 0)
    utility.drop_collection("errors")
    report(missing=missing, wrong=wrong)


main()
