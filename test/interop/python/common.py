"""What every program here shares: its arguments, its files, and waiting for an import."""
import argparse
import json
import os
import sys
import time

import numpy as np
from pymilvus import utility

FINAL_STATES = (1, 6, 7)


def arguments(add_more=lambda parser: None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", required=True)
    parser.add_argument("--root", required=True, help="the import root of the server")
    add_more(parser)
    return parser.parse_args()


def write_npy(root, files):
    """Writes arrays as .npy files below the import root, and returns their relative paths."""
    for path, array in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        np.save(os.path.join(root, path), array)
    return list(files)


def wait_for_bulk_insert(task_id, using="default", timeout_s=60):
    deadline = time.time() + timeout_s
    while time.time() < deadline:
        state = utility.get_bulk_insert_state(task_id=task_id, using=using)
        if state.state in FINAL_STATES:
            return state
        time.sleep(0.02)
    raise TimeoutError(f"import task {task_id} did not end within {timeout_s} s: {state}")


def expect(what, got, wanted):
    assert got == wanted, f"{what}: expected {wanted!r}, got {got!r}"


def report(**results):
    json.dump(results, sys.stdout)
    print()
