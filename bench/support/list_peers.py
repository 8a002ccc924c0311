"""Inverted files of faiss's over the rows of a VectorSet.

usage: list_peers.py DIRECTORY DIM K THREADS
Reads a JSON command a line, answers a JSON line: {"do": "build", "name", "factory", "refineK"}, by all threads, or
{"do": "search", "name", "nprobe", "batch"}, by one. A second index, where the factory names one, ranks anew.
"""

import json
import os
import sys
import time

import faiss
import numpy as np

directory = sys.argv[1]
dim, k, threads = map(int, sys.argv[2:])


def read(file, dtype, width):
    return np.fromfile(os.path.join(directory, file), dtype).reshape(-1, width)


rows = read("rows.f32", np.float32, dim)
queries = read("queries.f32", np.float32, dim)
truth = [set(row) for row in read("all.truth", np.uint32, k).tolist()]
indexes = {}


def build(name, factory, refineK):
    faiss.omp_set_num_threads(threads)
    began = time.perf_counter()
    index = faiss.index_factory(dim, factory)
    index.train(rows)
    index.add(rows)
    seconds = time.perf_counter() - began
    indexes[name] = (index, refineK)
    faiss.omp_set_num_threads(1)
    return {"seconds": seconds}


def search(name, nprobe, batch):
    index, refine_k = indexes[name]
    params = faiss.SearchParametersIVF(nprobe=nprobe)
    if refine_k:
        params = faiss.IndexRefineSearchParameters(k_factor=refine_k, base_index_params=params)
    parts = [queries[at : at + batch] for at in range(0, len(queries), batch)]
    began = time.process_time()
    found = [index.search(part, k, params=params)[1] for part in parts]
    seconds = time.process_time() - began
    answers = np.concatenate(found).tolist()
    hits = sum(len(wanted & set(row)) for wanted, row in zip(truth, answers))
    return {"recall": hits / (k * len(queries)), "microseconds": seconds * 1e6 / len(queries)}


for line in sys.stdin:
    command = json.loads(line)
    work = {"build": build, "search": search}[command.pop("do")]
    print(json.dumps(work(**command)), flush=True)
