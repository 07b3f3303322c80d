"""A public header pulls in a bounded number of others of ours, through a bounded chain."""
# A connection speaks of an endpoint, a message, a report, a loop: each a header of its own.
PULLED_MAX = 28  # a WebSocket stands on connections, their reports and the fields of HTTP
CHAIN_MAX = 9
# For those who want everything.
UMBRELLA = "include/bowline/bowline.h"


def own_includes(tree, path):
    for _, include in tree.includes(path):
        if include.startswith("<bowline/"):
            yield path.__class__("include") / include.strip("<>")


def pulled(tree, path):
    found, todo = set(), [path]
    while todo:
        for include in own_includes(tree, todo.pop()):
            if include not in found and (tree.root / include).exists():
                found.add(include)
                todo.append(include)
    return found


def chain(tree, path, above=()):
    """How many headers of ours lie below this one on the longest way down."""
    below = [include for include in own_includes(tree, path)
             if include not in above and (tree.root / include).exists()]
    return max((1 + chain(tree, include, (*above, path)) for include in below), default=0)


def check(tree, _build):
    for path in tree.code("include"):
        count, depth = len(pulled(tree, path)), chain(tree, path)
        print(f"{path}: pulls {count}, chain {depth}")
        if str(path) == UMBRELLA:
            continue
        if count > PULLED_MAX:
            yield f"{path} pulls in {count} headers of ours; {PULLED_MAX} is the most"
        if depth > CHAIN_MAX:
            yield f"{path} stands on a chain of {depth} headers; {CHAIN_MAX} is the most"


def tower(height):
    return {f"include/bowline/h{i}.h": f"#include <bowline/h{i + 1}.h>\n" if i + 1 < height else ""
            for i in range(height)}


def crowd(size):
    lines = "".join(f"#include <bowline/h{i}.h>\n" for i in range(size))
    return {"include/bowline/all.h": lines} | {f"include/bowline/h{i}.h": "" for i in range(size)}


BAIT = [
    (tower(CHAIN_MAX + 1), None),
    (tower(CHAIN_MAX + 2), f"chain of {CHAIN_MAX + 1}"),
    (crowd(PULLED_MAX), None),
    (crowd(PULLED_MAX + 1), f"pulls in {PULLED_MAX + 1}"),
]
