"""Geometries of pymilvus: rows, every function, with an RTREE index and without, errors, templates, deletes."""
import math

import pymilvus
from pymilvus import DataType, MilvusClient, MilvusException

from common import arguments, expect, report

ROWS = 5000
CENTRE = (-74.006, 40.7128)
SQUARE = "POLYGON ((10 10, 30 10, 30 30, 10 30, 10 10))"
WITHIN = f"ST_WITHIN(geo, '{SQUARE}')"


def geo_of(row):
    if row % 10 == 9:
        return None
    x, y = row % 100, row // 100
    if row % 10 == 8:
        return f"POLYGON(({x} {y}, {x + 3} {y}, {x + 3} {y + 3}, {x} {y + 3}, {x} {y}))"
    return f"POINT({x} {y})"


def created(client, name):
    if client.has_collection(name):
        client.drop_collection(name)
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
    schema.add_field("geo", DataType.GEOMETRY, nullable=True)
    schema.add_field("name", DataType.VARCHAR, max_length=10, default_value="x")
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_collection(name, schema=schema, index_params=index)


def ids(client, name, expression, **params):
    return {hit["id"] for hit in client.query(name, filter=expression, output_fields=["id"], limit=16_000, **params)}


def points(passes):
    return {row for row in range(ROWS) if row % 10 < 8 and passes(row % 100, row // 100)}


def squares(passes):
    return {row for row in range(ROWS) if row % 10 == 8 and passes(row % 100, row // 100)}


def within(x, y):
    return 10 < x < 30 and 10 < y < 30


def meets(x, y):
    return 10 <= x <= 30 and 10 <= y <= 30


EXPECTED = {
    WITHIN: points(within)
    | squares(lambda x, y: 10 <= x and x + 3 <= 30 and 10 <= y and y + 3 <= 30),
    f"st_intersects(geo, '{SQUARE}')": points(meets)
    | squares(lambda x, y: x <= 30 and x + 3 >= 10 and y <= 30 and y + 3 >= 10),
    "ST_CONTAINS(geo, 'POINT (20.5 20.5)')": squares(lambda x, y: x < 20.5 < x + 3 and y < 20.5 < y + 3),
    "ST_EQUALS(geo, 'POINT (17 31)')": {3117},
    f"ST_TOUCHES(geo, '{SQUARE}')": points(lambda x, y: meets(x, y) and not within(x, y))
    | squares(
        lambda x, y: x <= 30 and x + 3 >= 10 and y <= 30 and y + 3 >= 10 and (x in (30, 7) or y in (30, 7))
    ),
    "ST_OVERLAPS(geo, 'POLYGON ((19.5 1, 21 1, 21 2, 19.5 2, 19.5 1))')": set(),
    "ST_CROSSES(geo, 'LINESTRING (19.5 20.5, 99 20.5)')": squares(lambda x, y: x + 3 > 19.5 and y < 20.5 < y + 3 and x < 99),
    "ST_ISVALID(geo)": {row for row in range(ROWS) if row % 10 != 9},
    "not ST_ISVALID(geo)": set(),
    "geo is null": {row for row in range(ROWS) if row % 10 == 9},
}


def check_functions(client, name):
    for expression, wanted in EXPECTED.items():
        found = ids(client, name, expression)
        if "OVERLAPS" in expression:
            expect(expression, {row % 10 for row in found} <= {8}, True)
            continue
        expect(expression, sorted(found ^ wanted)[:5], [])
    found = ids(client, name, "ST_WITHIN(geo, {area}) and id < {most}", filter_params={"area": SQUARE, "most": 2000})
    expect("templates", found, {row for row in EXPECTED[WITHIN] if row < 2000})


def check_distances(client, name):
    created(client, name)
    offsets = [(dx / 1000, dy / 1000) for dx in range(-40, 41, 8) for dy in range(-40, 41, 8)]
    places = [(CENTRE[0] + dx, CENTRE[1] + dy) for dx, dy in offsets]
    rows = [{"id": at, "vector": [0, 0], "geo": f"POINT ({x:.6f} {y:.6f})"} for at, (x, y) in enumerate(places)]
    client.insert(name, rows)
    for metres in (0, 1000, 3500, 20_000):
        wanted = {at for at, (x, y) in enumerate(places) if haversine(x, y) <= metres}
        found = ids(client, name, f"ST_DWITHIN(geo, 'POINT ({CENTRE[0]} {CENTRE[1]})', {metres})")
        expect(f"within {metres} m", found, wanted)


def haversine(x, y):
    (x1, y1), (x2, y2) = [[math.radians(angle) for angle in place] for place in ((x, y), CENTRE)]
    a = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 6_371_000 * 2 * math.asin(math.sqrt(a))


def refused(work, code, text):
    try:
        work()
    except MilvusException as error:
        expect(error.message, (error.code, text in error.message), (code, True))
        return
    raise AssertionError(f"not refused: {text}")


def check_errors(client, name):
    for wkt in ("INVALID WKT STRING", "POINT ()", "POINT (abc def)", "POLYGON ((0 0, 1 1))", "LINESTRING (0 0)",
                "POINT (1 2 3 4 5)", "POLYGON ((0 0, 1 0, 1 1, 0 1))", ""):
        row = {"id": ROWS, "vector": [0, 0], "geo": wkt}
        refused(lambda: client.insert(name, [row]), 1100, "invalid Geometry data, transform to wkb failed: syntax error")
    for expression in (f"ST_WITHIN(name, '{SQUARE}')", f"ST_CONTAINS(id, '{SQUARE}')", "ST_CONTAINS(geo)", "ST_WITHIN()",
                       "ST_INTERSECTS(geo, 'POINT (1 1)', 'POINT (2 2)')", "ST_DWITHIN(geo, 'INVALID_WKT', 1000)",
                       "ST_DWITHIN(geo, 'POINT (1 1)', -100)", "ST_DWITHIN(geo, 'POINT (1 1)')",
                       "ST_DWITHIN(geo, 'POINT (1 1)', 1000, 'extra')"):
        refused(lambda: client.query(name, filter=expression), 1100,
                "failed to create query plan: cannot parse expression")
    index = client.prepare_index_params()
    index.add_index("geo", index_type="INVERTED")
    refused(lambda: client.create_index(name, index), 1100, "INVERTED are not supported on Geometry field")
    index = client.prepare_index_params()
    index.add_index("id", index_type="RTREE")
    refused(lambda: client.create_index(name, index), 1100, "RTREE index can only be built on geometry field")


def main():
    args = arguments()
    client = MilvusClient(uri=f"http://{args.host}:{args.port}")
    created(client, "places")
    client.insert("places", [{"id": row, "vector": [row, 0], "geo": geo_of(row)} for row in range(ROWS)])
    check_functions(client, "places")
    [first, second] = client.query("places", filter="id in [7, 8]", output_fields=["geo"])
    expect("a point", first["geo"], "POINT (7 0)")
    expect("a polygon", second["geo"], "POLYGON ((8 0, 11 0, 11 3, 8 3, 8 0))")
    check_errors(client, "places")
    client.flush("places")
    check_functions(client, "places")
    index = client.prepare_index_params()
    index.add_index("geo", index_type="RTREE")
    client.create_index("places", index)
    expect("the type of the index", client.describe_index("places", "geo")["index_type"], "RTREE")
    check_functions(client, "places")
    [hits] = client.search("places", [[3000, 0]], filter=WITHIN, limit=3, output_fields=["geo"])
    nearest = sorted(EXPECTED[WITHIN], key=lambda row: abs(row - 3000))[:3]
    expect("a search", [hit["id"] for hit in hits], nearest)
    client.delete("places", filter=WITHIN)
    expect("what was deleted", ids(client, "places", WITHIN), set())
    expect("what is left", len(ids(client, "places", "id >= 0")), ROWS - len(EXPECTED[WITHIN]))
    check_distances(client, "distances")
    report(pymilvus=pymilvus.__version__, filters=len(EXPECTED))


main()
