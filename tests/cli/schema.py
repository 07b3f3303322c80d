"""The part of JSON Schema that docs/cli uses. Anything else in a schema is an error."""
import json
import os
import pathlib
import re

TYPES = {"boolean": bool, "object": dict, "array": list, "string": str, "null": type(None), "integer": int,
         "number": (int, float)}
SAID = {"$schema", "title", "description", "$defs"}


def load(name="connect.schema.json"):
    default = pathlib.Path(__file__).parents[2] / "docs/cli"
    folder = pathlib.Path(os.environ.get("BOWLINE_DOCS", default))
    return json.loads((folder / name).read_text(encoding="utf-8"))


def problems(value, schema, root=None, where="$"):
    """A list of what does not fit; empty if all does."""
    root = root or schema
    found = check_type(value, schema["type"], root, where, schema) if "type" in schema else []
    if found:
        return found  # the other rules are about values of that type
    for word, rule in schema.items():
        if word not in SAID:
            found += RULES[word](value, rule, root, where, schema)
    return found


def check_ref(value, rule, root, where, _):
    target = root
    for part in rule.removeprefix("#/").split("/"):
        target = target[part]
    return problems(value, target, root, where)


def check_type(value, rule, _root, where, _):
    names = rule if isinstance(rule, list) else [rule]
    fits = any(isinstance(value, TYPES[name]) and isinstance(value, bool) == (name == "boolean") for name in names)
    return [] if fits else [f"{where}: {value!r} is no {rule}"]


def check_enum(value, rule, _root, where, _):
    return [] if value in rule else [f"{where}: {value!r} is none of {rule}"]


def check_any_of(value, rule, root, where, _):
    tried = [problems(value, one, root, where) for one in rule]
    return [] if [] in tried else [f"{where}: fits none of {len(rule)}: {tried}"]


def check_required(value, rule, _root, where, _):
    return [f"{where}: {name} is missing" for name in rule if name not in value]


def check_properties(value, rule, root, where, _):
    return [problem for name, one in rule.items() if name in value
            for problem in problems(value[name], one, root, f"{where}.{name}")]


def check_additional(value, rule, _root, where, schema):
    assert rule is False
    return [f"{where}: {name} is not in the schema" for name in value if name not in schema["properties"]]


def check_items(value, rule, root, where, _):
    return [problem for i, one in enumerate(value) for problem in problems(one, rule, root, f"{where}[{i}]")]


def check_minimum(value, rule, _root, where, _):
    return [] if value >= rule else [f"{where}: {value} is below {rule}"]


def check_maximum(value, rule, _root, where, _):
    return [] if value <= rule else [f"{where}: {value} is above {rule}"]


def check_pattern(value, rule, _root, where, _):
    return [] if re.search(rule, value) else [f"{where}: {value} does not look like {rule}"]


RULES = {
    "$ref": check_ref, "type": check_type, "enum": check_enum, "anyOf": check_any_of,
    "required": check_required, "properties": check_properties, "additionalProperties": check_additional,
    "items": check_items, "minimum": check_minimum, "maximum": check_maximum, "pattern": check_pattern,
}
