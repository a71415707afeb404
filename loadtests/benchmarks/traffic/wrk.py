"""wrk, which sends prepared requests for the benchmarks; Debian and Ubuntu have it as package ``wrk``."""

import re
import resource
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from loadtests.benchmarks.pairs import Absent, cores

PROGRAM: Final = "wrk"
# How long wrk waits for an answer: a busy machine is no fault of the server.
_PATIENCE: Final = "20s"
# Reads one request a line: method, path, headers and body, with tabs between; headers by the unit separator.
_SCRIPT: Final = """
local requests = {}
function init(args)
  for line in io.lines(args[1]) do
    local method, path, fields, body = line:match("([^\\t]*)\\t([^\\t]*)\\t([^\\t]*)\\t(.*)")
    local headers = {["Host"] = args[2]}
    for name, value in fields:gmatch("([^:\\31]+): ([^\\31]*)") do headers[name] = value end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request, written beforehand; its body holds no line break."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: requests, failures among them, seconds of wall time and of the sender's CPU."""

    requests: int
    failures: int
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.wall

    @property
    def per_cpu(self) -> float:
        """Requests per second of CPU."""
        return self.requests / self.cpu


def send(port: int, requests: Sequence[Prepared], *, connections: int, seconds: float) -> Measured:
    """Send ``requests`` to 127.0.0.1:``port``, over and over, for whole ``seconds``, from a core of its own.

    Raises Absent where there is no wrk, RuntimeError where it was not answered as it must.
    """
    if shutil.which(PROGRAM) is None:
        raise Absent("wrk is absent; on Debian or Ubuntu: apt-get install wrk")
    with TemporaryDirectory(prefix="pitboss-bench-") as folder:
        script, file = Path(folder, "script.lua"), Path(folder, "requests")
        script.write_text(_SCRIPT, encoding="utf-8")
        file.write_bytes(b"\n".join(map(_line, requests)))
        command = [
            PROGRAM,
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            f"--timeout={_PATIENCE}",
        ]
        command += ["-s", str(script), f"http://127.0.0.1:{port}", "--", str(file), f"127.0.0.1:{port}"]
        core = cores()[0]
        pin = ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        ran = subprocess.run([*pin, *command], capture_output=True, text=True, check=False)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"(\d+) requests in", ran.stdout)
    if found is None or re.search(r"Socket errors|Non-2xx", ran.stdout) or not int(found[1]):
        raise RuntimeError(f"wrk: {ran.stdout}{ran.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(int(found[1]), 0, wall, cpu)


def _line(one: Prepared) -> bytes:
    fields = "\x1f".join(f"{name}: {value}" for name, value in one.headers.items())
    return f"{one.method}\t{one.path}\t{fields}\t".encode() + one.body
