"""Opens every segment file of a data directory with pyarrow and counts the rows."""
import argparse
import json
import pathlib

import pyarrow

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
folder = pathlib.Path(parser.parse_args().data) / "segments"

segments = []
for path in sorted(folder.rglob("*.arrow")):
    with pyarrow.memory_map(str(path)) as file, pyarrow.ipc.open_file(file) as reader:
        table = reader.read_all()
        table.validate(full=True)
        segments.append({"file": path.name, "rows": table.num_rows, "columns": table.column_names})
print(json.dumps({"pyarrow": pyarrow.__version__, "segments": segments}))
