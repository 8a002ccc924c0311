"""What the acceptance programs share: cases that are run one by one, each in a collection of its own."""
import os
import time
import traceback

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pymilvus import DataType, MilvusClient, connections, utility
from pymilvus.bulk_writer import bulk_import, get_import_progress

from common import arguments, expect, report, wait_for_bulk_insert, write_npy

ROWS, DIM = 500, 8
METRICS = {DataType.BINARY_VECTOR: "HAMMING", DataType.SPARSE_FLOAT_VECTOR: "IP"}
VECTORS = (DataType.FLOAT_VECTOR, DataType.FLOAT16_VECTOR, DataType.BFLOAT16_VECTOR,
           DataType.INT8_VECTOR, DataType.BINARY_VECTOR, DataType.SPARSE_FLOAT_VECTOR)
_cases = []


def case(title):
    """Marks a program of a case; it may be called several times with other arguments."""
    return lambda run: _cases.append((title, run)) or run


class Server:
    def __init__(self, args):
        self.root = args.root
        self.url = f"http://{args.host}:{args.port}"
        connections.connect(host=args.host, port=args.port)
        self.client = MilvusClient(uri=self.url)
        self.made = 0

    def create(self, fields, **schema_options):
        """Makes and loads a collection of (name, type, options); gives its name."""
        self.made += 1
        name = f"acceptance_{os.getpid()}_{self.made}"
        schema = self.schema(fields, **schema_options)
        index = self.client.prepare_index_params()
        for field, kind, _ in fields:
            if kind in VECTORS:
                index.add_index(field, index_type="AUTOINDEX", metric_type=METRICS.get(kind, "L2"))
        self.client.create_collection(name, schema=schema, index_params=index)
        return name

    def schema(self, fields, **schema_options):
        schema = self.client.create_schema(**schema_options)
        for field, kind, options in fields:
            schema.add_field(field, kind, **options)
        return schema

    def bulk_insert(self, name, files, wanted="Completed"):
        state = wait_for_bulk_insert(utility.do_bulk_insert(name, files))
        expect("state", (state.state_name, state.failed_reason if wanted == "Completed" else ""),
               (wanted, ""))
        return state

    def job(self, name, files, wanted="Completed"):
        reply = bulk_import(url=self.url, collection_name=name, files=files)
        job_id = reply.json()["data"]["jobId"]
        while True:
            job = get_import_progress(url=self.url, job_id=job_id).json()["data"]
            if job["state"] in ("Completed", "Failed"):
                break
            time.sleep(0.02)
        expect("state", job["state"] + job.get("reason", "") if wanted == "Completed" else job["state"],
               wanted)
        return job

    def count(self, name):
        return self.rows(name, "", ["count(*)"])[0]["count(*)"]

    def rows(self, name, filter, fields):
        return list(self.client.query(name, filter=filter, output_fields=fields,
                                      consistency_level="Strong"))

    def nearest(self, name, field, vector, limit=10):
        hits = self.client.search(name, data=[vector], anns_field=field, limit=limit,
                                  consistency_level="Strong")
        return [hit["id"] for hit in hits[0]]

    def parquet(self, path, columns):
        os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
        pq.write_table(pa.table(columns), os.path.join(self.root, path))
        return path

    def npy(self, folder, arrays):
        return write_npy(self.root, {f"{folder}/{name}.npy": array for name, array in arrays.items()})


def ids(begin=0, rows=ROWS):
    return np.arange(begin, begin + rows, dtype=np.int64)


def vectors(seed=0, rows=ROWS, dim=DIM):
    return np.random.default_rng(seed).random((rows, dim), dtype=np.float32)


def fail_with(job, *texts):
    reason = job["reason"] if isinstance(job, dict) else job.failed_reason
    for text in texts:
        assert text in reason, f"expected {text!r} in {reason!r}"


def run_cases():
    """Runs every case, whatever became of the others, and reports what each came to."""
    server = Server(arguments())
    results = {}
    for title, run in _cases:
        try:
            run(server)
            results.setdefault(title, "passed")
        except Exception:
            results[title] = traceback.format_exc()
    report(**results)
