"""Searches over the vector types that pymilvus 2.4 and newer know, against sums made here."""
import numpy as np
import pymilvus
from pymilvus import AnnSearchRequest, DataType, MilvusClient, RRFRanker

from common import arguments, expect, report

ROWS, DIM = 400, 20


def created(client, metric, *fields):
    if client.has_collection("types"):
        client.drop_collection("types")
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    indexes = client.prepare_index_params()
    for name, data_type, options in fields:
        schema.add_field(name, data_type, **options)
        indexes.add_index(name, index_type="AUTOINDEX", metric_type=metric)
    client.create_collection("types", schema=schema, index_params=indexes)


def check_dense(client, data_type, convert, metric):
    created(client, metric, ("vector", data_type, {"dim": DIM}))
    vectors = convert(np.random.default_rng(3).standard_normal((ROWS, DIM)))
    client.insert("types", [{"id": row, "vector": vectors[row]} for row in range(ROWS)])
    if metric == "IP":
        client.flush("types")
    values = vectors.astype(np.float64)
    asked = [7, 9, 11, 13]
    found = client.search("types", [vectors[row] for row in asked], limit=6, output_fields=["vector"])
    for row, hits in zip(asked, found):
        distances = ((values - values[row]) ** 2).sum(axis=1)
        if metric != "L2":
            distances = values @ values[row]
        if metric == "COSINE":
            distances = distances / np.linalg.norm(values, axis=1) / np.linalg.norm(values[row])
        order = np.argsort(distances if metric == "L2" else -distances, kind="stable")[:6]
        expect(f"{data_type} {metric}", [hit["id"] for hit in hits], order.tolist())
        assert np.allclose([hit["distance"] for hit in hits], distances[order], rtol=1e-4, atol=1e-5)


def sparse_of(random):
    places = random.choice(5_000, random.integers(1, 30), replace=False)
    return {int(place): float(np.float32(random.random() + 0.01)) for place in places}


def check_sparse(client):
    created(client, "IP", ("sparse", DataType.SPARSE_FLOAT_VECTOR, {}))
    random = np.random.default_rng(4)
    rows = [sparse_of(random) for _ in range(ROWS)]
    client.insert("types", [{"id": row, "sparse": rows[row]} for row in range(300)])
    client.flush("types")
    client.insert("types", [{"id": row, "sparse": rows[row]} for row in range(300, ROWS)])
    for asked in (5, 350):
        products = [sum(value * row.get(place, 0) for place, value in rows[asked].items()) for row in rows]
        order = sorted((row for row in range(ROWS) if products[row] > 0), key=lambda row: (-np.float32(products[row]), row))
        [hits] = client.search("types", [rows[asked]], limit=10, output_fields=["sparse"])
        expect("sparse", [hit["id"] for hit in hits], order[:10])
        assert np.allclose([hit["distance"] for hit in hits], [products[row] for row in order[:10]], rtol=1e-5)
        expect("sparse row", hits[0]["entity"]["sparse"], rows[hits[0]["id"]])
        [hits] = client.search("types", [rows[asked]], limit=400, filter="id % 2 == 0")
        expect("filtered sparse", [hit["id"] for hit in hits], [row for row in order if row % 2 == 0])
        iterator = client.search_iterator("types", [rows[asked]], batch_size=7)
        pages = []
        while len(page := iterator.next()) > 0:
            pages += [hit["id"] for hit in page]
        expect("sparse iterator", pages, order)


def check_hybrid(client):
    created(client, "IP", ("sparse", DataType.SPARSE_FLOAT_VECTOR, {}), ("vector", DataType.FLOAT_VECTOR, {"dim": 2}))
    client.insert("types", [{"id": row, "sparse": {row: 1.0, 1_000: 0.5 + row / 100}, "vector": [row, 1]} for row in range(20)])
    requests = [AnnSearchRequest([{1_000: 1.0}], "sparse", {}, limit=3), AnnSearchRequest([[-1.0, 0.0]], "vector", {}, limit=3)]
    [hits] = client.hybrid_search("types", requests, RRFRanker(), limit=6)
    expect("hybrid", [hit["id"] for hit in hits], [0, 19, 1, 18, 2, 17])


def main():
    args = arguments()
    client = MilvusClient(uri=f"http://{args.host}:{args.port}")
    for metric in ("L2", "IP", "COSINE"):
        check_dense(client, DataType.FLOAT16_VECTOR, lambda values: values.astype(np.float16), metric)
        check_dense(client, DataType.INT8_VECTOR, lambda values: (values * 40).astype(np.int8), metric)
    check_sparse(client)
    check_hybrid(client)
    client.close()
    report(pymilvus=pymilvus.__version__)


if __name__ == "__main__":
    main()
