"""Struct arrays of pymilvus: schema, rows, searches by EmbeddingList, and what its bulk writer leaves."""
import copy
import os
import shutil
import tempfile

import numpy as np
import pymilvus
from pymilvus import DataType, MilvusClient, MilvusException
from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter
from pymilvus.client.embedding_list import EmbeddingList

from common import arguments, expect, report

ROWS, DIM = 300, 6
RNG = np.random.default_rng(5)


def chunk(row, at):
    floats = RNG.standard_normal(DIM).astype(np.float32)
    return {"word": f"{row}-{at}", "number": 2**60 + row * 10 + at, "flag": at % 2 == 0, "floats": floats.tolist()}


BOOKS = [{"id": row, "chunks": [chunk(row, at) for at in range(row % 4)]} for row in range(ROWS)]


def schema_of(client):
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    struct = client.create_struct_field_schema()
    struct.add_field("word", DataType.VARCHAR, max_length=10)
    struct.add_field("number", DataType.INT64)
    struct.add_field("flag", DataType.BOOL)
    struct.add_field("floats", DataType.FLOAT_VECTOR, dim=DIM)
    schema.add_field("chunks", DataType.ARRAY, element_type=DataType.STRUCT, struct_schema=struct, max_capacity=4)
    return schema


def created(client, name, metric):
    if client.has_collection(name):
        client.drop_collection(name)
    indexes = client.prepare_index_params()
    indexes.add_index("chunks[floats]", index_type="HNSW", metric_type=metric)
    client.create_collection(name, schema=schema_of(client), index_params=indexes)


def check_schema(client):
    fields = client.describe_collection("books")["fields"]
    expect("fields", [field["name"] for field in fields], ["id", "chunks"])
    expect("element type", fields[1]["element_type"], DataType.STRUCT)
    expect("capacity", fields[1]["params"]["max_capacity"], 4)
    names = [field["name"] for field in fields[1]["struct_fields"]]
    expect("sub-fields", names, ["word", "number", "flag", "floats"])
    index = client.describe_index("books", "chunks[floats]")
    expect("index", (index["field_name"], index["metric_type"]), ("chunks[floats]", "MAX_SIM_COSINE"))


def check_rows(client, name):
    found = client.query(name, filter="id < 50", output_fields=["chunks"])
    expect(f"rows of {name}", [dict(row) for row in found], BOOKS[:50])
    found = client.query(name, filter="id == 7", output_fields=["chunks[number]"])
    numbers = [{"number": each["number"]} for each in BOOKS[7]["chunks"]]
    expect("sub-field", dict(found[0]), {"id": 7, "chunks": numbers})
    found = client.query(name, filter="id == 7", output_fields=["*"])
    expect("all fields", dict(found[0]), BOOKS[7])


def similarity(query, book):
    if not book["chunks"]:
        return None
    rows = np.array([each["floats"] for each in book["chunks"]], np.float64)
    units = lambda vectors: vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (units(query.astype(np.float64)) @ units(rows).T).max(axis=1).sum()


def check_search(client, name):
    queries = [RNG.standard_normal((count, DIM)).astype(np.float32) for count in (1, 3, 9)]
    lists = []
    for query in queries:
        embeddings = EmbeddingList()
        for vector in query:
            embeddings.add(vector)
        lists.append(embeddings)
    found = client.search(name, lists, anns_field="chunks[floats]", limit=5, filter="id != 8", output_fields=["chunks[word]"])
    for query, hits in zip(queries, found):
        scores = {book["id"]: similarity(query, book) for book in BOOKS if book["chunks"] and book["id"] != 8}
        wanted = sorted(scores, key=lambda key: -scores[key])[:5]
        expect("nearest", [hit["id"] for hit in hits], wanted)
        assert np.allclose([hit["distance"] for hit in hits], [scores[key] for key in wanted], atol=1e-5)
        words = [{"word": each["word"]} for each in BOOKS[wanted[0]]["chunks"]]
        expect("words", hits[0]["entity"]["chunks"], words)


def refusal(work):
    try:
        work()
    except MilvusException as error:
        return error.message
    raise AssertionError("expected a refusal")


def check_changes(client):
    client.upsert("books", [{"id": 3, "chunks": BOOKS[1]["chunks"]}])
    client.delete("books", ids=[2])
    found = client.query("books", filter="id in [2, 3]", output_fields=["chunks"])
    expect("changed", [dict(row) for row in found], [{"id": 3, "chunks": BOOKS[1]["chunks"]}])
    too_long = {**BOOKS[1]["chunks"][0], "word": "w" * 11}
    message = refusal(lambda: client.insert("books", [{"id": 999, "chunks": [too_long]}]))
    assert "row 0, field 'chunks[word]'" in message, message
    message = refusal(lambda: client.search("books", [[0.0] * DIM], anns_field="chunks[floats]", limit=1))
    assert "chunks[floats]" in message, message


def check_elements(client):
    created(client, "elements", "L2")
    client.insert("elements", BOOKS)
    found = client.query("elements", filter='element_filter(chunks, $[flag] == true && $[word] == "7-2")', output_fields=["id"])
    expect("element", [dict(row) for row in found], [{"id": 7, "offset": 2}])
    found = client.query("elements", filter="id < 9 and MATCH_LEAST(chunks, $[flag] == true, threshold=2)", output_fields=["id"])
    expect("rows", [row["id"] for row in found], [3, 7])
    vector = BOOKS[7]["chunks"][2]["floats"]
    hits = client.search("elements", [vector], anns_field="chunks[floats]", limit=3, output_fields=["chunks[word]"])[0]
    expect("nearest element", (hits[0]["id"], hits[0]["offset"], hits[0]["distance"]), (7, 2, 0.0))
    elements = [(sum((a - b) ** 2 for a, b in zip(each["floats"], vector)), book["id"], at)
                for book in BOOKS for at, each in enumerate(book["chunks"])]
    expect("elements", [(hit["id"], hit["offset"]) for hit in hits], [(key, at) for _, key, at in sorted(elements)[:3]])


def imported(client, root, name, file_type):
    created(client, name, "MAX_SIM_COSINE")
    folder = tempfile.mkdtemp()
    writer = LocalBulkWriter(schema_of(client), folder, file_type=file_type)
    for book in BOOKS:
        writer.append_row(copy.deepcopy(book))
    writer.commit()
    files = [path for batch in writer.batch_files for path in batch]
    for path in files:
        shutil.copy(path, os.path.join(root, os.path.basename(path)))
    shutil.rmtree(folder)
    return [os.path.basename(path) for path in files]


def check_imports(client, port, root):
    from pymilvus.bulk_writer import bulk_import, get_import_progress
    url = f"http://127.0.0.1:{port}"
    for file_type in (BulkFileType.PARQUET, BulkFileType.JSON, BulkFileType.CSV):
        name = f"books_{file_type.name.lower()}"
        files = imported(client, root, name, file_type)
        job = bulk_import(url=url, collection_name=name, files=[files]).json()["data"]["jobId"]
        state = "Pending"
        while state not in ("Completed", "Failed"):
            data = get_import_progress(url=url, job_id=job).json()["data"]
            state = data["state"]
        expect(f"import of {file_type.name}", (state, data.get("reason")), ("Completed", data.get("reason")))
        check_rows(client, name)
        check_search(client, name)


if __name__ == "__main__":
    options = arguments()
    client = MilvusClient(uri=f"http://{options.host}:{options.port}")
    created(client, "books", "MAX_SIM_COSINE")
    check_schema(client)
    client.insert("books", BOOKS)
    check_rows(client, "books")
    check_search(client, "books")
    client.flush("books")
    check_rows(client, "books")
    check_search(client, "books")
    check_changes(client)
    check_elements(client)
    check_imports(client, options.port, options.root)
    report(pymilvus=pymilvus.__version__)
