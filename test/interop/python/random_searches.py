"""Asks a server random searches over random rows, and reports what it finds: the same seed asks every server the same."""
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, MilvusException, utility

from random_questions import ask_randomly

SEARCHES_OF_A_SCHEMA = 20
METRICS = ("L2", "IP", "COSINE", "HAMMING", "JACCARD")
WORDS = ["a", "ab", "b", "ba", "c"]


class Rows:
    """Rows of which some share a vector, in two partitions; the last batch is growing when it is asked for."""

    def __init__(self, chance, metric):
        self.chance = chance
        self.metric = metric
        self.is_binary = metric in ("HAMMING", "JACCARD")
        self.dim = chance.choice((8, 16, 32, 64)) if self.is_binary else chance.choice((2, 3, 7, 16, 33))
        self.count = chance.choice((1, 40, 150, 300))
        self.vectors = [self.vector() for _ in range(self.count)]
        for row in range(self.count):
            if chance.random() < 0.2:
                self.vectors[row] = self.vectors[chance.randrange(self.count)]
        self.sizes = [chance.randint(-5, 5) for _ in range(self.count)]
        self.words = [chance.choice(WORDS) for _ in range(self.count)]

    def vector(self):
        """Small integers: what is added and multiplied is exact. Nothing is all zero, which has no cosine."""
        if self.is_binary:
            return bytes([self.chance.randint(1, 255), *(self.chance.getrandbits(8) for _ in range(self.dim // 8 - 1))])
        return [float(self.chance.choice((-3, -2, -1, 1, 2, 3))) for _ in range(self.dim)]

    def collection(self):
        if utility.has_collection("searches"):
            utility.drop_collection("searches")
        kind = DataType.BINARY_VECTOR if self.is_binary else DataType.FLOAT_VECTOR
        collection = Collection("searches", CollectionSchema([
            FieldSchema("id", DataType.INT64, is_primary=True),
            FieldSchema("vector", kind, dim=self.dim),
            FieldSchema("size", DataType.INT32),
            FieldSchema("word", DataType.VARCHAR, max_length=8),
        ]))
        collection.create_partition("other")
        half = self.count // 2
        for partition, begin, end in (("_default", 0, half), ("other", half, self.count)):
            if begin < end:
                columns = [list(range(self.count)), self.vectors, self.sizes, self.words]
                collection.insert([column[begin:end] for column in columns], partition_name=partition)
        if self.chance.random() < 0.5:
            collection.flush()
        index = "BIN_FLAT" if self.is_binary else "FLAT"
        collection.create_index("vector", {"index_type": index, "metric_type": self.metric, "params": {}})
        collection.load()
        collection.query("id >= 0", output_fields=["id"], consistency_level="Strong")
        return collection

    def filter(self):
        return self.chance.choice((
            None, "", f"size > {self.chance.randint(-6, 6)}", f"word == '{self.chance.choice(WORDS)}'", "word like 'a%'",
            f"id in {[self.chance.randrange(self.count + 3) for _ in range(5)]}", "size in [1, 2] or word != 'c'",
            f"size + 1 == {self.chance.randint(-5, 5)}", "id < 0", "not (size >= 0)"))

    def params(self):
        """A range where it is asked for: the radius is the far side, of which nothing is found itself."""
        if self.chance.random() < 0.7:
            return {}
        near, far = {"L2": (0, 60), "IP": (40, -20), "COSINE": (1.0, -0.5), "HAMMING": (0, 40), "JACCARD": (0.0, 0.9)}[self.metric]
        params = {"radius": near + (far - near) * self.chance.choice((0.3, 0.6, 1))}
        if self.chance.random() < 0.5:
            params["range_filter"] = near + (far - near) * self.chance.choice((0, 0.1, 0.25))
        return params

    def search(self):
        queries = [self.chance.choice(self.vectors) if self.chance.random() < 0.5 else self.vector()
                   for _ in range(self.chance.choice((1, 1, 2, 5)))]
        param = {"metric_type": self.metric, "params": self.params()}
        if self.chance.random() < 0.3:
            param["offset"] = self.chance.choice((1, 5, self.count))
        asked = {"param": param, "limit": self.chance.choice((1, 3, 10, 50, 400)), "expr": self.filter()}
        if self.chance.random() < 0.3:
            asked["partition_names"] = self.chance.choice((["other"], ["_default"], ["_default", "other"]))
        if self.chance.random() < 0.3:
            asked["output_fields"] = ["size", "word"]
        if self.chance.random() < 0.15:
            asked["round_decimal"] = self.chance.choice((0, 1, 3))
        return queries, asked


def hits_of(found, asked):
    rows = [{"id": hit.id, "distance": hit.distance} for hit in found]
    for hit, row in zip(found, rows):
        for name in asked.get("output_fields", ()):
            row[name] = hit.entity.get(name)
    return rows


def answer(collection, rows):
    queries, asked = rows.search()
    told = {"metric": rows.metric, "rows": rows.count, "dim": rows.dim, "nq": len(queries), **asked}
    try:
        found = collection.search(queries, "vector", consistency_level="Eventually", **asked)
        return {"search": told, "hits": [hits_of(each, asked) for each in found]}
    except MilvusException as error:
        return {"search": told, "error": error.message}


def new_searches(chance, answered):
    rows = Rows(chance, METRICS[answered // SEARCHES_OF_A_SCHEMA % len(METRICS)])
    collection = rows.collection()
    return lambda: answer(collection, rows)


if __name__ == "__main__":
    ask_randomly(new_searches, SEARCHES_OF_A_SCHEMA)
