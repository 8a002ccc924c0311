"""Searches beyond the plain nearest rows: by range, page by page, by groups, by ids, several at once; query iterators."""
import numpy as np
import pymilvus
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, MilvusException, connections, utility

from common import arguments, expect, report

ROWS, DIM = 3_000, 8
NEWEST = not pymilvus.__version__.startswith("2.")


def collection_of(metric, vectors, others):
    name = f"searches_{metric}".lower()
    if utility.has_collection(name):
        utility.drop_collection(name)
    collection = Collection(name, CollectionSchema([
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
        FieldSchema("other", DataType.FLOAT_VECTOR, dim=DIM),
        FieldSchema("colour", DataType.VARCHAR, max_length=20),
        FieldSchema("size", DataType.INT32),
    ]))
    for begin, end in ((0, 2_000), (2_000, ROWS)):
        collection.insert([
            list(range(begin, end)), vectors[begin:end], others[begin:end],
            [f"c{row % 37}" for row in range(begin, end)], [row % 5 for row in range(begin, end)],
        ])
        if begin == 0:
            collection.flush()
    for field in ("vector", "other"):
        collection.create_index(field, {"index_type": "FLAT", "metric_type": metric, "params": {}})
    collection.load()
    return collection


def distances_of(metric, vectors, query):
    vectors, query = vectors.astype(np.float64), query.astype(np.float64)
    if metric == "L2":
        return ((vectors - query) ** 2).sum(axis=1)
    dots = vectors @ query
    return dots if metric == "IP" else dots / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)


def in_order(metric, distances, rows=None):
    rows = np.arange(len(distances)) if rows is None else np.asarray(rows)
    return rows[np.argsort(distances[rows] * (1 if metric == "L2" else -1), kind="stable")].tolist()


def search(collection, metric, query, limit, params=None, **options):
    param = {"metric_type": metric, "params": params or {}}
    return collection.search([query.tolist()], "vector", param, limit=limit, **options)[0]


def refused(call, part):
    try:
        call()
    except MilvusException as error:
        assert part in error.message, f"expected {part!r} in {error.message!r}"
        return
    raise AssertionError(f"expected a refusal with {part!r}")


def check_ranges(collection, metric, query, distances):
    low, high = np.float32(np.quantile(distances, [0.2, 0.4])).tolist()
    if metric == "L2":
        params, wanted = {"radius": high, "range_filter": low}, (low <= distances) & (distances < high)
        word = "range_filter must be less than radius"
    else:
        params, wanted = {"radius": low, "range_filter": high}, (low < distances) & (distances <= high)
        word = "range_filter must be greater than radius"
    found = search(collection, metric, query, 5_000, params)
    expect("range", list(found.ids), in_order(metric, distances, np.flatnonzero(wanted)))
    reverse = {"radius": params["range_filter"], "range_filter": params["radius"]}
    refused(lambda: search(collection, metric, query, 10, reverse), word)
    refused(lambda: search(collection, metric, query, 10, {"radius": "x"}), "number")


def check_windows(collection, metric, query, distances):
    order = in_order(metric, distances)
    expect("offset", list(search(collection, metric, query, 10, offset=20).ids), order[20:30])
    refused(lambda: search(collection, metric, query, 16_000, offset=1_000), "offset+topk [17000] is invalid")
    rounded = search(collection, metric, query, 5, round_decimal=2)
    for hit in rounded:
        assert abs(hit.distance - round(hit.distance, 2)) < 1e-6, hit.distance
    sealed = search(collection, metric, query, ROWS, ignore_growing=True)
    expect("ignore_growing", sorted(sealed.ids), list(range(2_000)))


def pages(iterator):
    rows = []
    while True:
        page = iterator.next()
        if len(page) == 0:
            iterator.close()
            return rows
        rows.append(page)


def check_search_iterators(collection, metric, query, distances):
    param = {"metric_type": metric, "params": {}}
    for options in ({}, {"expr": "size == 3"}, {"limit": 250}):
        iterator = collection.search_iterator([query.tolist()], "vector", param, batch_size=100, **options)
        ids = [hit.id for page in pages(iterator) for hit in page]
        rows = [row for row in range(ROWS) if "expr" not in options or row % 5 == 3]
        wanted = in_order(metric, distances, rows)[:options.get("limit")]
        expect("search iterator has no row twice", len(set(ids)), len(ids))
        expect("search iterator", ids, wanted)


def check_query_iterators(collection):
    for options in ({}, {"expr": "size == 3"}, {"limit": 250}, {"offset": 40}):
        rows = [row["id"] for page in pages(collection.query_iterator(
            batch_size=70, output_fields=["id", "colour"], **options)) for row in page]
        wanted = [row for row in range(ROWS) if "expr" not in options or row % 5 == 3]
        expect("query iterator", rows, wanted[options.get("offset", 0):][:options.get("limit")])


def check_groups(collection, metric, query, distances):
    order = in_order(metric, distances)
    for size, limit, offset in ((1, 5, 0), (3, 37, 0), (2, 40, 0), (3, 4, 2)):
        found = search(collection, metric, query, limit, group_by_field="colour", group_size=size,
                       strict_group_size=True, offset=offset, output_fields=["colour"])
        groups = {}
        for row in order:
            group = groups.setdefault(f"c{row % 37}", [])
            if len(group) < size:
                group.append(row)
        wanted = [row for group in list(groups.values())[offset:offset + limit] for row in group]
        expect(f"groups of {size}", list(found.ids), wanted)
    found = search(collection, metric, query, 5, group_by_field="size")
    expect("groups of an integer", sorted(row % 5 for row in found.ids), [0, 1, 2, 3, 4])
    refused(lambda: search(collection, metric, query, 5, group_by_field="vector"), "group by")
    refused(lambda: search(collection, metric, query, 5, group_by_field="none"), "groupBy field not found in schema")


def check_templates(collection, metric, query, distances):
    rows = [row for row in range(ROWS) if row % 5 in (1, 4) and row > 100 and row % 37 != 5]
    expr, values = "size in {sizes} and id > {least} and colour != {colour}", {"sizes": [1, 4], "least": 100, "colour": "c5"}
    found = search(collection, metric, query, 20, expr=expr, expr_params=values)
    expect("templates of a search", list(found.ids), in_order(metric, distances, rows)[:20])
    found = collection.query(expr, output_fields=["id"], expr_params=values)
    expect("templates of a query", [row["id"] for row in found], rows)
    refused(lambda: collection.query("id > {gone}", expr_params={}), "template variable name {gone} is not found")


def check_order(collection):
    found = collection.query("id < 100", output_fields=["id"], order_by_fields=["colour:desc", "size:asc"], limit=30, offset=5)
    wanted = sorted(range(100), key=lambda row: (row % 5, row))
    wanted.sort(key=lambda row: f"c{row % 37}", reverse=True)
    expect("order by", [row["id"] for row in found], wanted[5:35])
    refused(lambda: collection.query("id < 9", order_by_fields=["vector"]), "has no order")


def check_hybrid(collection, metric, vectors, others):
    from pymilvus import AnnSearchRequest, RRFRanker, WeightedRanker
    param = {"metric_type": metric, "params": {}}
    queries = [vectors[3], others[9]]
    requests = [AnnSearchRequest([query.tolist()], field, param, limit=50)
                for query, field in zip(queries, ("vector", "other"))]
    lists, scores = [], []
    for query, values in zip(queries, (vectors, others)):
        distances = distances_of(metric, values, query)
        lists.append(in_order(metric, distances)[:50])
        scores.append({"L2": lambda d: 1 - 2 * np.arctan(d) / np.pi, "IP": lambda d: 0.5 + np.arctan(d) / np.pi,
                       "COSINE": lambda d: (1 + d) / 2}[metric](distances))
    for ranker, part in ((RRFRanker(20), lambda at, rank, row: 1 / (20 + rank)),
                         (WeightedRanker(0.3, 0.9), lambda at, rank, row: (0.3, 0.9)[at] * scores[at][row])):
        fused = {}
        for at, rows in enumerate(lists):
            for rank, row in enumerate(rows, 1):
                fused[row] = fused.get(row, 0) + part(at, rank, row)
        wanted = sorted(fused, key=lambda row: (-np.float32(fused[row]), row))
        found = collection.hybrid_search(requests, ranker, limit=12, offset=3, output_fields=["colour"])[0]
        expect("hybrid search", list(found.ids), wanted[3:15])
        assert np.allclose(list(found.distances), [fused[row] for row in wanted[3:15]], rtol=1e-5)
        expect("hybrid search's fields", [hit.entity.get("colour") for hit in found][:3],
               [f"c{row % 37}" for row in wanted[3:6]])
    refused(lambda: collection.hybrid_search(requests, WeightedRanker(1.0), limit=5), "the length of weights param mismatch")


def check_ids(port, metric, vectors):
    client = pymilvus.MilvusClient(uri=f"http://127.0.0.1:{port}")
    found = client.search(f"searches_{metric}".lower(), ids=[7, 2_500], anns_field="vector", limit=4)
    for row, hits in zip((7, 2_500), found):
        expect("search by ids", [hit["id"] for hit in hits],
               in_order(metric, distances_of(metric, vectors, vectors[row]))[:4])
    refused(lambda: client.search(f"searches_{metric}".lower(), ids=[-1], anns_field="vector"), "do not exist")
    client.close()


def check_iterator_ties(port):
    """Rows that are equally near come all, once each, also where a page could not hold them."""
    client = pymilvus.MilvusClient(uri=f"http://127.0.0.1:{port}")
    if client.has_collection("ties"):
        client.drop_collection("ties")
    client.create_collection("ties", dimension=2, metric_type="L2")
    client.insert("ties", [{"id": row, "vector": [row // 40, 0.0]} for row in range(400)])
    iterator = client.search_iterator("ties", data=[[0.0, 0.0]], batch_size=30)
    ids = [hit["id"] for page in pages(iterator) for hit in page]
    expect("ties", ids, list(range(400)))
    client.close()


def main():
    args = arguments()
    connections.connect(host=args.host, port=args.port)
    random = np.random.default_rng(5)
    vectors = random.standard_normal((ROWS, DIM)).astype(np.float32)
    others = random.standard_normal((ROWS, DIM)).astype(np.float32)
    for metric in ("L2", "IP", "COSINE"):
        collection = collection_of(metric, vectors, others)
        query = vectors[42]
        distances = distances_of(metric, vectors, query)
        check_ranges(collection, metric, query, distances)
        check_windows(collection, metric, query, distances)
        check_search_iterators(collection, metric, query, distances)
        if NEWEST:
            check_groups(collection, metric, query, distances)
            check_templates(collection, metric, query, distances)
            check_order(collection)
            check_hybrid(collection, metric, vectors, others)
            check_ids(args.port, metric, vectors)
    check_query_iterators(collection)
    if NEWEST:
        check_iterator_ties(args.port)
        collection.delete("size == {size} and id < {below}", expr_params={"size": 3, "below": 100})
        rows = collection.query("size == 3 and id < 110", output_fields=["id"], consistency_level="Strong")
        expect("templates of a delete", [row["id"] for row in rows], [103, 108])
    connections.disconnect("default")
    report(pymilvus=pymilvus.__version__)


if __name__ == "__main__":
    main()
