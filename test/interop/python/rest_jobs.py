"""pymilvus.bulk_writer's REST helpers: several groups in one job, a pattern, an upload, commit and abort."""
import io
import time

import numpy as np
import requests
from pymilvus import DataType, MilvusClient
from pymilvus.bulk_writer import bulk_import, get_import_progress, list_import_jobs
from pymilvus.exceptions import MilvusException

from common import arguments, expect, report, write_npy

ROWS, DIM = 300, 8
NAME = "rest_jobs"


def wait_for(url, job_id, *states):
    for _ in range(3_000):
        data = get_import_progress(url=url, job_id=job_id).json()["data"]
        if data["state"] in (*states, "Failed"):
            return data
        time.sleep(0.02)
    raise TimeoutError(f"job {job_id} is still {data}")


def post(url, path, **body):
    return requests.post(f"{url}/v2/vectordb/jobs/import/{path}", json=body, timeout=20).json()


def npy_set(begin):
    ids = np.arange(begin, begin + ROWS, dtype=np.int64)
    return {"id": ids, "vector": np.random.default_rng(begin).random((ROWS, DIM), dtype=np.float32)}


def start(url, files, **options):
    reply = bulk_import(url=url, collection_name=NAME, files=files, options=options)
    return reply.json()["data"]["jobId"]


def main():
    args = arguments()
    url = f"http://{args.host}:{args.port}"
    client = MilvusClient(uri=url)
    if client.has_collection(NAME):
        client.drop_collection(NAME)
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIM)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_collection(NAME, schema=schema, index_params=index)

    def count():
        rows = client.query(NAME, filter="", output_fields=["count(*)"], consistency_level="Strong")
        return rows[0]["count(*)"]

    def files_of(number):
        arrays = npy_set(number * ROWS)
        return write_npy(args.root, {f"{NAME}/{number}/{k}.npy": v for k, v in arrays.items()})

    groups = [files_of(0), files_of(1)]
    data = wait_for(url, start(url, groups, timeout="300s"), "Completed")
    expect("state", (data["state"], data.get("reason")), ("Completed", None))
    expect("rows", (data["importedRows"], data["totalRows"], count()), (2 * ROWS,) * 3)
    expect("files", [each["fileName"] for each in data["details"]],
           [f"[{' '.join(group)}]" for group in groups])
    expect("details", [each["importedRows"] for each in data["details"]], [ROWS, ROWS])

    for number in (10, 2):
        files_of(number)
    data = wait_for(url, start(url, [[f"{NAME}/[12]*/*.npy"]]), "Completed")
    expect("rows by a pattern", (data["importedRows"], count()), (3 * ROWS, 5 * ROWS))
    expect("natural order", [each["fileName"].split("/")[1] for each in data["details"]],
           ["1", "2", "10"])

    for name, array in npy_set(20 * ROWS).items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        reply = requests.put(f"{url}/v2/files/remote/{name}.npy", data=buffer.getvalue(), timeout=20,
                             headers={"Content-Type": "application/octet-stream"})
        expect("upload", (reply.status_code, reply.json()["data"]["path"]),
               (201, f"uploads/remote/{name}.npy"))
    data = wait_for(url, start(url, [["uploads/remote"]]), "Completed")
    expect("rows of an upload", (data["state"], count()), ("Completed", 6 * ROWS))

    job = start(url, [files_of(30)], auto_commit="false")
    expect("uncommitted", (wait_for(url, job, "Uncommitted")["state"], count()),
           ("Uncommitted", 6 * ROWS))
    for _ in range(2):
        expect("commit", post(url, "commit", jobId=job), {"code": 0, "data": {}})
    expect("committed", (wait_for(url, job, "Completed")["state"], count()),
           ("Completed", 7 * ROWS))
    expect("abort of a completed job", post(url, "abort", jobId=job)["code"], 2100)
    job = start(url, [files_of(31)], auto_commit="false")
    wait_for(url, job, "Uncommitted")
    expect("abort", post(url, "abort", jobId=job), {"code": 0, "data": {}})
    data = wait_for(url, job)
    expect("aborted", (data["state"], data["importedRows"], count()), ("Failed", 0, 7 * ROWS))
    expect("delete", post(url, "delete", jobId=job), {"code": 0, "data": {}})
    expect("describe after it", post(url, "describe", jobId=job)["code"], 2101)

    records = list_import_jobs(url=url, collection_name=NAME).json()["data"]["records"]
    expect("jobs", [each["state"] for each in records], ["Completed"] * 4)

    data = wait_for(url, start(url, [["nowhere/id.npy", "nowhere/vector.npy"]]))
    expect("missing file", data["state"], "Failed")
    assert "nowhere/id.npy" in data["reason"], data["reason"]
    for files, code in (([[]], 1100), ([["a.txt"]], 2100), ([["none/*.npy"]], 2100)):
        try:
            start(url, files)
            raise AssertionError(f"{files} were taken")
        except MilvusException as error:
            assert f"code: {code}" in error.message, error.message
    client.drop_collection(NAME)
    report(jobs=len(records))


main()
