"""No import cycles between modules, also not by imports inside functions; imports for types are free."""

import graphlib

import grimp


def cycles(*packages: str) -> list[str]:
    """Name a cycle of imports in each of ``packages`` taken together; nothing is imported, only read."""
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=True, cache_dir=None)
    waits = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    findings = []
    while ring := _ring(waits):
        chain = " imports ".join(reversed(ring))
        findings.append(f"{chain}; move what both need into a third module, below them")
        # Cut this ring open, so that the next one shows too.
        waits[ring[1]] = waits[ring[1]] - {ring[0]}
    return findings


def _ring(waits: dict[str, set[str]]) -> list[str]:
    try:
        graphlib.TopologicalSorter(waits).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []
