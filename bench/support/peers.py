"""One peer's index over the rows of a VectorSet.

usage: peers.py DIRECTORY NAME DIM K THREADS
Reads a JSON command a line, answers a JSON line: {"do": "build", ...} or {"do": "search", ...}.
"""

import json
import os
import sys
import time

import numpy as np

directory, name = sys.argv[1:3]
dim, k, threads = map(int, sys.argv[3:])


def read(file, dtype, width):
    return np.fromfile(os.path.join(directory, file), dtype).reshape(-1, width)


rows = read("rows.f32", np.float32, dim)
queries = read("queries.f32", np.float32, dim)


class Hnswlib:
    def build(self, m, efConstruction):
        import hnswlib

        self.index = hnswlib.Index("l2", dim)
        self.index.init_index(len(rows), M=m, ef_construction=efConstruction)
        self.index.add_items(rows, num_threads=threads)

    def searcher(self, ef, mask):
        self.index.set_ef(ef)
        bits = None if mask is None else np.unpackbits(mask, bitorder="little")
        allows = None if bits is None else lambda row: bits[row]
        return lambda query: self.index.knn_query(query, k, num_threads=1, filter=allows)[0]


class Faiss:
    def build(self, m, efConstruction):
        import faiss

        self.faiss = faiss
        faiss.omp_set_num_threads(threads)
        self.index = faiss.IndexHNSWFlat(dim, m)
        self.index.hnsw.efConstruction = efConstruction
        self.index.add(rows)
        faiss.omp_set_num_threads(1)

    def searcher(self, ef, mask):
        params = self.faiss.SearchParametersHNSW(efSearch=ef)
        if mask is not None:
            params.sel = self.faiss.IDSelectorBitmap(mask)
        return lambda query: self.index.search(query, k, params=params)[1]


class Usearch:
    def build(self, m, efConstruction):
        from usearch.index import Index

        self.index = Index(ndim=dim, metric="l2sq", connectivity=m, expansion_add=efConstruction)
        self.index.add(np.arange(len(rows)), rows, threads=threads)

    def searcher(self, ef, mask):
        if mask is not None:
            raise NotImplementedError
        self.index.expansion_search = ef
        return lambda query: self.index.search(query[0], k, threads=1).keys


class FaissIvf:
    """An index of faiss's factory; where it names a second one, that ranks anew."""

    def build(self, factory, refineK):
        import faiss

        self.faiss, self.refine_k = faiss, refineK
        faiss.omp_set_num_threads(threads)
        self.index = faiss.index_factory(dim, factory)
        self.index.train(rows)
        self.index.add(rows)
        faiss.omp_set_num_threads(1)

    def searcher(self, nprobe, mask):
        params = self.faiss.SearchParametersIVF(nprobe=nprobe)
        if mask is not None:
            params.sel = self.faiss.IDSelectorBitmap(mask)
        if self.refine_k:
            params = self.faiss.IndexRefineSearchParameters(
                k_factor=self.refine_k, base_index_params=params
            )
        return lambda query: self.index.search(query, k, params=params)[1]


def search(peer, effort, mask):
    truth = read(f"{mask}.truth", np.uint32, k)
    bits = None if mask == "all" else np.fromfile(os.path.join(directory, f"{mask}.mask"), np.uint8)
    try:
        searcher = peer.searcher(effort, bits)
    except NotImplementedError:
        return {"recall": None, "latenciesMs": []}
    hits, latencies = 0, []
    for at in range(len(queries)):
        query = queries[at : at + 1]
        began = time.perf_counter()
        try:
            found = searcher(query)
        except RuntimeError:  # hnswlib found fewer than k.
            found = []
        latencies.append((time.perf_counter() - began) * 1000)
        hits += len(set(truth[at].tolist()) & set(np.ravel(found).tolist()))
    return {"recall": hits / truth.size, "latenciesMs": latencies}


peer = {"hnswlib": Hnswlib, "faiss": Faiss, "usearch": Usearch}.get(name, FaissIvf)()
for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "build":
        began = time.perf_counter()
        peer.build(**command["params"])
        answer = {"seconds": time.perf_counter() - began}
    else:
        answer = search(peer, command["effort"], command["mask"])
    print(json.dumps(answer), flush=True)
