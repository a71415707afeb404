"""junit.xml as CI systems show it: names that begin with the rules, and the verdict as a property."""

from pathlib import Path
from xml.etree import ElementTree

from scenarios.problems.plain_text import printable
from scenarios.report.root_causes import to_fix
from scenarios.report.summary import verdict_in_words
from scenarios.run.judge import Judged


def label(file: Path, judged: Judged) -> None:
    """Rewrite ``file``, which pytest wrote: each case is named by its rules first, and the suite tells the verdict
    and what there is to fix.

    A file that pytest could not write stays as it is; the run has reported it.
    """
    try:
        tree = ElementTree.parse(file)  # noqa: S314 - pytest wrote it a moment ago
    except (OSError, ElementTree.ParseError):
        return
    rules = {_address(result.nodeid): ", ".join(result.rules) for result in judged.run.results}
    for suite in tree.iter("testsuite"):
        properties = suite.find("properties")
        if properties is None:
            properties = ElementTree.Element("properties")
            suite.insert(0, properties)
        _, words = verdict_in_words(judged)
        listed = to_fix(judged.run, judged.verdicts)
        texts = [
            (f"to fix: {one.rule}", " ".join(filter(None, (one.sentence, one.others)))) for one in listed
        ]
        for name, value in [("verdict", words), *texts]:
            ElementTree.SubElement(properties, "property", name=name, value=printable(value))
        for case in suite.iter("testcase"):
            own = rules.get((case.get("classname", ""), case.get("name", "")))
            if own:
                case.set("name", f"{own}: {case.get('name')}")
    tree.write(file, encoding="utf-8", xml_declaration=True)


def _address(nodeid: str) -> tuple[str, str]:
    """A scenario's class name and name, as pytest writes them."""
    path, _, name = nodeid.partition("::")
    return path.removesuffix(".py").replace("/", "."), name
