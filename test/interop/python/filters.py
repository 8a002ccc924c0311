"""Asks a server random filters over random rows, and reports the keys it finds: the same seed asks every server the same."""
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, MilvusException, utility

from random_questions import ask_randomly

ROWS = 240
FILTERS_OF_A_SCHEMA = 60
INTEGERS = {"INT8": 8, "INT16": 16, "INT32": 32, "INT64": 64}
FLOATS = ("FLOAT", "DOUBLE")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
TEXTS = ["", "a", "A", "ab", "abc", "b%c", "a_b", "zz", "ä", "日本", "a\"b", "it's", "c\\d", "0", "10", "9"]
KEYS = ["n", "x", "s", "f", "list", "deep"]


class Schema:
    """Some fields of every kind; names tell the type."""

    def __init__(self, chance):
        kinds = [*INTEGERS, *FLOATS, "BOOL", "VARCHAR"]
        self.scalars = {f"{kind.lower()}_{at}": kind for kind in kinds for at in range(chance.choice((1, 1, 2)))}
        self.arrays = {f"array_{kind.lower()}": kind for kind in chance.sample(kinds, 4)}

    def fields(self):
        yield FieldSchema("id", DataType.INT64, is_primary=True)
        yield FieldSchema("vector", DataType.FLOAT_VECTOR, dim=2)
        for name, kind in self.scalars.items():
            yield FieldSchema(name, getattr(DataType, kind), max_length=64)
        for name, kind in self.arrays.items():
            yield FieldSchema(name, DataType.ARRAY, element_type=getattr(DataType, kind), max_capacity=8, max_length=64)
        yield FieldSchema("json", DataType.JSON)


def value_of(chance, kind):
    if kind in INTEGERS:
        bits = INTEGERS[kind]
        extremes = [-(1 << (bits - 1)), (1 << (bits - 1)) - 1, 0, 1, -1, 2, 100]
        return chance.choice(extremes) if chance.random() < 0.3 else chance.randint(-20, 20)
    if kind in FLOATS:
        extremes = [0.0, -0.0, 0.1, -0.1, 1.5, 1e10, -1e10, 16777217.0, 1e-10, 3.4e38]
        return chance.choice(extremes) if chance.random() < 0.3 else chance.randint(-80, 80) / 4
    return chance.random() < 0.5 if kind == "BOOL" else chance.choice(TEXTS)


def json_of(chance):
    """A document whose keys may be missing, or hold another type than elsewhere."""
    makers = {
        "n": lambda: value_of(chance, "INT64"), "x": lambda: value_of(chance, "DOUBLE"),
        "s": lambda: chance.choice(TEXTS), "f": lambda: chance.random() < 0.5,
        "list": lambda: [chance.choice([1, 2, 3, "a", 2.5, True]) for _ in range(chance.randint(0, 4))],
        "deep": lambda: {"n": chance.randint(-5, 5), "s": chance.choice(TEXTS)},
    }
    document = {key: makers[key]() for key in KEYS if chance.random() < 0.8}
    if chance.random() < 0.1:
        document["n"] = chance.choice(TEXTS)
    return document


def columns_of(chance, schema):
    columns = [list(range(ROWS)), [[0.0, 1.0]] * ROWS]
    for kind in schema.scalars.values():
        columns.append([value_of(chance, kind) for _ in range(ROWS)])
    for kind in schema.arrays.values():
        columns.append([[value_of(chance, kind) for _ in range(chance.randint(0, 5))] for _ in range(ROWS)])
    return [*columns, [json_of(chance) for _ in range(ROWS)]]


def literal(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


class Filters:
    """Random expressions that Milvus 2.3.5 understands, but for a few."""

    def __init__(self, chance, schema):
        self.chance = chance
        self.schema = schema

    def expression(self, depth=2):
        roll = self.chance.random()
        if depth == 0 or roll < 0.45:
            return self.predicate()
        if roll < 0.55:
            return f"{self.chance.choice(('not', '!'))} ({self.negatable(depth - 1)})"
        word = self.chance.choice(("and", "or", "&&", "||"))
        return f"({self.expression(depth - 1)}) {word} ({self.expression(depth - 1)})"

    def negatable(self, depth):
        """Nothing that may be unknown: 2.3.5 takes that as false, newer Milvus does not."""
        if depth == 0 or self.chance.random() < 0.5:
            return self.certain()
        return f"({self.negatable(depth - 1)}) {self.chance.choice(('and', 'or'))} ({self.negatable(depth - 1)})"

    def certain(self):
        return self.chance.choice((
            self.comparison, self.comparison, self.chain, self.membership, self.like, self.flag, self.arithmetic,
            self.columns, self.array_contains, self.array_length, self.exists, self.key))()

    def predicate(self):
        uncertain = (self.json_comparison, self.json_comparison, self.json_membership, self.json_contains, self.json_like,
                     self.element)
        return self.certain() if self.chance.random() < 0.65 else self.chance.choice(uncertain)()

    def key(self):
        return f"id {self.chance.choice(COMPARISONS)} {self.chance.randint(-1, ROWS)}"

    def field(self, *kinds):
        names = [name for name, kind in self.schema.scalars.items() if not kinds or kind in kinds]
        name = self.chance.choice(names)
        return name, self.schema.scalars[name]

    def constant(self, kind):
        if kind in FLOATS and self.chance.random() < 0.2:
            return self.chance.randint(-20, 20)
        return self.value(kind)

    def value(self, kind):
        """2.3.5 cannot read the digits of the smallest int64."""
        value = value_of(self.chance, kind)
        return value + 1 if value == -(1 << 63) else value

    def element_value(self, kind):
        """2.3.5 compares elements of float arrays as doubles, so that no 0.1 is found there."""
        return self.chance.randint(-80, 80) / 4 if kind == "FLOAT" else self.value(kind)

    def comparison(self):
        name, kind = self.field("VARCHAR", *INTEGERS, *FLOATS)
        op, constant = self.chance.choice(COMPARISONS), literal(self.constant(kind))
        return f"{name} {op} {constant}" if self.chance.random() < 0.7 else f"{constant} {op} {name}"

    def chain(self):
        name, kind = self.field("VARCHAR", *INTEGERS, *FLOATS)
        first, second = self.chance.choice((("<", "<"), ("<=", "<"), ("<", "<="), (">", ">="), (">=", ">"), (">", ">")))
        low, high = sorted((self.value(kind), self.value(kind)))
        if first[0] == ">":
            low, high = high, low
        return f"{literal(low)} {first} {name} {second} {literal(high)}"

    def membership(self):
        name, kind = self.field()
        items = ", ".join(literal(self.value(kind)) for _ in range(self.chance.randint(1, 5)))
        return f"{name} {self.chance.choice(('in', 'not in'))} [{items}]"

    def pattern(self):
        return literal(self.chance.choice(("a%", "%", "ab%", "日%", "z%", "a", "1%")))

    def like(self):
        return f"{self.field('VARCHAR')[0]} like {self.pattern()}"

    def flag(self):
        name, _ = self.field("BOOL")
        return f"{name} {self.chance.choice(('==', '!='))} {self.chance.choice(('true', 'false'))}"

    def arithmetic(self):
        # Not int64: what overflows wraps around in Milvus, and is null here.
        name, kind = self.field("INT8", "INT16", "INT32", *FLOATS)
        op = self.chance.choice("+-*/%" if kind in INTEGERS else "+-*/")
        left, right = self.chance.randint(1, 9), self.chance.randint(-30, 30)
        return f"{name} {op} {left} {self.chance.choice(('==', '!='))} {right}"

    def columns(self):
        left, kind = self.field("VARCHAR", *INTEGERS, *FLOATS)
        right, _ = self.field(*(("VARCHAR",) if kind == "VARCHAR" else (*INTEGERS, *FLOATS)))
        return f"{left} {self.chance.choice(COMPARISONS)} {right}"

    def path(self, *keys):
        key = self.chance.choice(keys or KEYS)
        return f'json["{key}"]["{self.chance.choice("ns")}"]' if key == "deep" else f'json["{key}"]'

    def json_constant(self, kind):
        return literal(self.chance.randint(-5, 5) if kind == "INT64" and self.chance.random() < 0.5 else self.value(kind))

    def json_comparison(self):
        kind = self.chance.choice(("INT64", "DOUBLE", "VARCHAR", "BOOL"))
        op = "==" if kind == "BOOL" else self.chance.choice(("==", "<", "<=", ">", ">="))
        return f"{self.path()} {op} {self.json_constant(kind)}"

    def json_membership(self):
        kind = self.chance.choice(("INT64", "DOUBLE", "VARCHAR", "BOOL"))
        items = ", ".join(self.json_constant(kind) for _ in range(self.chance.randint(1, 3)))
        return f"{self.path()} in [{items}]"

    def json_contains(self):
        if self.chance.random() < 0.4:
            return f'json_contains(json["list"], {self.chance.choice(("1", "2", "2.5", "true", chr(34) + "a" + chr(34)))})'
        items = ", ".join(self.chance.sample(("1", "2", "2.5", "true", '"a"', "9"), self.chance.randint(1, 3)))
        return f'json_contains_{self.chance.choice(("all", "any"))}(json["list"], [{items}])'

    def exists(self):
        # An empty list exists in 2.3.5, and does not in newer Milvus.
        return f"exists {self.path('n', 'x', 's', 'f', 'deep')}"

    def json_like(self):
        return f"{self.path('s', 'deep', 'n')} like {self.pattern()}"

    def array(self):
        name = self.chance.choice(list(self.schema.arrays))
        return name, self.schema.arrays[name]

    def element(self):
        name, kind = self.array()
        op = self.chance.choice(COMPARISONS[:2] if kind == "BOOL" else COMPARISONS)
        return f"{name}[{self.chance.randint(0, 3)}] {op} {literal(self.element_value(kind))}"

    def array_contains(self):
        name, kind = self.array()
        if self.chance.random() < 0.4:
            return f"array_contains({name}, {literal(self.element_value(kind))})"
        items = ", ".join(literal(self.element_value(kind)) for _ in range(self.chance.randint(1, 3)))
        return f"array_contains_{self.chance.choice(('all', 'any'))}({name}, [{items}])"

    def array_length(self):
        return f"array_length({self.array()[0]}) {self.chance.choice(COMPARISONS[:2])} {self.chance.randint(0, 5)}"


def collection_of(schema, columns):
    if utility.has_collection("filters"):
        utility.drop_collection("filters")
    collection = Collection("filters", CollectionSchema(list(schema.fields())))
    collection.insert(columns)
    collection.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    collection.load()
    collection.query("id >= 0", output_fields=["id"], consistency_level="Strong")
    return collection


def answer(collection, expression):
    try:
        rows = collection.query(expression, output_fields=["id"], consistency_level="Eventually")
        return {"filter": expression, "ids": sorted(row["id"] for row in rows)}
    except MilvusException as error:
        return {"filter": expression, "error": error.message}


def new_filters(chance, _answered):
    schema = Schema(chance)
    columns = columns_of(chance, schema)
    filters = Filters(chance, schema)
    collection = collection_of(schema, columns)
    return lambda: answer(collection, filters.expression())


if __name__ == "__main__":
    ask_randomly(new_filters, FILTERS_OF_A_SCHEMA)
