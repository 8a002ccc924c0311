"""One peer's index over the rows of a VectorSet.

usage: peers.py DIRECTORY NAME DIM K THREADS
Reads a JSON command a line and answers a JSON line; each peer is a class with the same few methods.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

directory, name = sys.argv[1:3]
dim, k, threads = map(int, sys.argv[3:])
nobody = 0xFFFFFFFF


def read(file, dtype, width):
    return np.memmap(os.path.join(directory, file), dtype, "r").reshape(-1, width)


rows = read("rows.f32", np.float32, dim)
queries = np.array(read("queries.f32", np.float32, dim))


def mask_names():
    return sorted(file[:-5] for file in os.listdir(directory) if file.endswith(".mask"))


def column_of(mask):
    return f"mask{mask_names().index(mask)}"


def bits_of(mask):
    return np.fromfile(os.path.join(directory, f"{mask}.mask"), np.uint8)


def flags_of(mask):
    return np.unpackbits(bits_of(mask), bitorder="little")[: len(rows)].astype(bool)


class Peer:
    def save(self, path):
        raise NotImplementedError("it has no file")


class Hnswlib(Peer):
    """Its filter calls Python back for every row; rows marked as deleted are left out in the same place, at once."""

    def build(self, m, efConstruction):
        import hnswlib

        self.marked = np.zeros(len(rows), bool)
        self.index = hnswlib.Index("l2", dim)
        self.index.init_index(len(rows), M=m, ef_construction=efConstruction)
        self.index.add_items(rows, num_threads=threads)

    def searcher(self, ef, mask, count):
        self.index.set_ef(ef)
        self.mark(np.zeros(len(rows), bool) if mask is None else ~flags_of(mask))

        def search(some):
            try:
                return self.index.knn_query(some, k, num_threads=count)[0]
            except RuntimeError:  # It found fewer than k.
                return np.full((len(some), k), nobody)

        return search

    def mark(self, wanted):
        for row in np.flatnonzero(wanted & ~self.marked):
            self.index.mark_deleted(row)
        for row in np.flatnonzero(self.marked & ~wanted):
            self.index.unmark_deleted(row)
        self.marked = wanted

    def save(self, path):
        self.index.save_index(path)

    def load(self, path):
        import hnswlib

        self.marked = np.zeros(len(rows), bool)
        self.index = hnswlib.Index("l2", dim)
        return lambda: self.index.load_index(path)


class Faiss(Peer):
    def build(self, m, efConstruction):
        import faiss

        self.faiss = faiss
        faiss.omp_set_num_threads(threads)
        self.index = faiss.IndexHNSWFlat(dim, m)
        self.index.hnsw.efConstruction = efConstruction
        self.index.add(rows)

    def searcher(self, ef, mask, count):
        self.faiss.omp_set_num_threads(count)
        params = self.faiss.SearchParametersHNSW(efSearch=ef)
        if mask is not None:
            params.sel = self.faiss.IDSelectorBitmap(bits_of(mask))
        return lambda some: self.index.search(some, k, params=params)[1]

    def save(self, path):
        self.faiss.write_index(self.index, path)

    def load(self, path):
        import faiss

        self.faiss = faiss

        def load():
            self.index = faiss.read_index(path)

        return load


class Usearch(Peer):
    def make(self, m=16, efConstruction=200):
        from usearch.index import Index

        sizes = {"connectivity": m, "expansion_add": efConstruction}
        return Index(ndim=dim, metric="l2sq", dtype="f32", **sizes)

    def build(self, m, efConstruction):
        self.index = self.make(m, efConstruction)
        self.index.add(np.arange(len(rows)), rows, threads=threads)

    def searcher(self, ef, mask, count):
        if mask is not None:
            raise NotImplementedError("Python has no filter of its")
        self.index.expansion_search = ef
        return lambda some: self.index.search(some, k, threads=count).keys

    def save(self, path):
        self.index.save(path)

    def load(self, path):
        self.index = self.make()
        return lambda: self.index.load(path)


class FaissIvf(Faiss):
    """An index of faiss's factory; where it names a second one, that ranks anew."""

    def build(self, factory, refineK):
        import faiss

        self.faiss, self.refine_k = faiss, refineK
        faiss.omp_set_num_threads(threads)
        self.index = faiss.index_factory(dim, factory)
        self.index.train(rows)
        self.index.add(rows)

    def searcher(self, nprobe, mask, count):
        self.faiss.omp_set_num_threads(count)
        params = self.faiss.SearchParametersIVF(nprobe=nprobe)
        if mask is not None:
            params.sel = self.faiss.IDSelectorBitmap(bits_of(mask))
        if self.refine_k:
            params = self.faiss.IndexRefineSearchParameters(
                k_factor=self.refine_k, base_index_params=params
            )
        return lambda some: self.index.search(some, k, params=params)[1]


class Qdrant(Peer):
    """Its local mode, which looks at every row with numpy and at every payload with Python."""

    def build(self):
        from qdrant_client import QdrantClient, models

        self.models, self.client = models, QdrantClient(":memory:")
        params = models.VectorParams(size=dim, distance=models.Distance.EUCLID)
        self.client.create_collection("rows", vectors_config=params)
        flags = [flags_of(mask) for mask in mask_names()]
        for first in range(0, len(rows), 5000):
            end = min(len(rows), first + 5000)
            payloads = [
                {f"mask{at}": bool(each[row]) for at, each in enumerate(flags)}
                for row in range(first, end)
            ]
            ids, vectors = list(range(first, end)), rows[first:end].tolist()
            self.client.upsert("rows", models.Batch(ids=ids, vectors=vectors, payloads=payloads))

    def searcher(self, effort, mask, count):
        models, only = self.models, None
        if mask is not None:
            match = models.MatchValue(value=True)
            only = models.Filter(must=[models.FieldCondition(key=column_of(mask), match=match)])

        def search(query):
            found = self.client.query_points(
                "rows", query=query, limit=k, query_filter=only, with_payload=False
            )
            return [point.id for point in found.points]

        return each_of(search, count)


class Lance(Peer):
    """The rows lie on disk, a column of truth values for each mask has an index of its own."""

    def make_table(self):
        import lancedb
        import pyarrow as pa

        pin(threads)
        columns = {
            "id": pa.array(np.arange(len(rows))),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(np.ravel(rows)), dim),
        }
        for at, mask in enumerate(mask_names()):
            columns[f"mask{at}"] = pa.array(flags_of(mask))
        self.path = os.path.join(directory, f"{name}.lance")
        self.table = lancedb.connect(self.path).create_table("rows", pa.table(columns))

    def index_masks(self):
        from lancedb.index import Bitmap

        for at in range(len(mask_names())):
            self.table.create_index(f"mask{at}", config=Bitmap())

    def searcher(self, effort, mask, count):
        column = None if mask is None else column_of(mask)

        def search(query):
            asked = self.table.search(query).limit(k).select(["id", "_distance"])
            if column is not None:
                asked = asked.where(f"{column} = true", prefilter=True)
            return self.tuned(asked, effort).to_arrow()["id"].to_numpy()

        pin(count)
        return each_of(search, count)

    def save(self, path):
        with open(path, "w") as file:
            file.write(self.path)

    def load(self, path):
        import lancedb

        with open(path) as file:
            connection = lancedb.connect(file.read())

        def load():
            self.table = connection.open_table("rows")

        return load


class LanceIvfPq(Lance):
    def build(self):
        from lancedb.index import IvfPq

        self.make_table()
        lists = max(1, round(len(rows) ** 0.5))
        config = IvfPq(distance_type="l2", num_partitions=lists, num_sub_vectors=sub_vectors())
        self.table.create_index("vector", config=config)
        self.index_masks()

    def tuned(self, asked, nprobes):
        return asked.nprobes(nprobes).refine_factor(10)


class LanceHnswSq(Lance):
    def build(self):
        from lancedb.index import HnswSq

        self.make_table()
        config = HnswSq(distance_type="l2", num_partitions=1, m=16, ef_construction=200)
        self.table.create_index("vector", config=config)
        self.index_masks()

    def tuned(self, asked, ef):
        return asked.ef(max(ef, 3 * k)).refine_factor(3)


def sub_vectors():
    return next(count for count in (dim // 4, dim // 5, dim // 2, dim) if dim % count == 0)


def each_of(search, count):
    """A search of several queries by that many threads, of one that takes a query at a time."""
    pool = ThreadPoolExecutor(count) if count > 1 else None
    return lambda some: np.array(
        [padded(found) for found in (pool.map if pool else map)(search, some)]
    )


def padded(found):
    return [*found, *[nobody] * (k - len(found))]


def pin(count):
    """Leaves the process, all threads of it, that many cores."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), sorted(cores)[:count])


cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def build(params):
    began = time.perf_counter()
    peer.build(**params)
    return {"seconds": time.perf_counter() - began}


def search(effort, mask, seconds):
    """Query after query by one thread, until the seconds are over."""
    truth = np.array(read(f"{mask}.truth", np.uint32, k))
    searcher = peer.searcher(effort, None if mask == "all" else mask, 1)
    searcher(queries[:1])
    hits, wanted, latencies = 0, 0, []
    began, cpu = time.perf_counter(), time.process_time()
    for at in range(len(queries)):
        start = time.perf_counter()
        found = searcher(queries[at : at + 1])
        end = time.perf_counter()
        latencies.append((end - start) * 1000)
        near = set(truth[at].tolist()) - {nobody}
        wanted += len(near)
        hits += len(near & set(np.ravel(found).tolist()))
        if end - began > seconds:
            break
    cpu_ms = (time.process_time() - cpu) * 1000 / len(latencies)
    return {"recall": hits / wanted, "latenciesMs": latencies, "cpuMs": cpu_ms}


def batch(effort, mask, threads, count):
    """Queries that are asked for together."""
    searcher = peer.searcher(effort, None if mask == "all" else mask, threads)
    began = time.perf_counter()
    searcher(queries[:count])
    return {"queriesPerSecond": min(count, len(queries)) / (time.perf_counter() - began)}


def save(path):
    peer.save(path)
    return {}


def load(path):
    """In a fresh process: what it takes until queries are answered from what was saved."""
    loading = peer.load(path)
    before = resident_bytes()
    loading()
    peer.searcher(64, None, threads)(queries[:100])
    return {"bytes": resident_bytes() - before}


def grow(params):
    """In a fresh process, of a peer that has no file: what it takes to be built."""
    before = resident_bytes()
    peer.build(**params)
    peer.searcher(64, None, 1)(queries[:3])
    return {"bytes": resident_bytes() - before}


def resident_bytes():
    """Without pages of files, like those of the rows."""
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return sum(int(fields[each].split()[0]) * 1024 for each in ("RssAnon", "RssShmem"))


peers = {
    "hnswlib": Hnswlib,
    "faiss": Faiss,
    "usearch": Usearch,
    "qdrant": Qdrant,
    "lancedb-ivf-pq": LanceIvfPq,
    "lancedb-hnsw-sq": LanceHnswSq,
}
peer = peers.get(name, FaissIvf)()
commands = {each.__name__: each for each in (build, search, batch, save, load, grow)}
for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = commands[command.pop("do")](**command)
    except NotImplementedError as error:
        answer = {"unable": str(error)}
    except Exception as error:
        answer = {"failure": repr(error)}
    print(json.dumps(answer), flush=True)
