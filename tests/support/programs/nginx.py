"""A real nginx for tests: Debian's, on 127.0.0.1, gone with the process that started it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ABSENT = "there is no nginx, which these tests put before the simulators; apt-get install nginx-light"
# What a block ``server { .. }`` needs around it. Everything that is written lies in the folder.
_AROUND = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    {servers}
}}
"""


@contextmanager
def nginx(folder: Path, servers: str) -> Iterator[None]:
    """Run nginx with the blocks ``servers`` until this ends; it listens once this begins."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip(ABSENT)
    file = folder / "nginx.conf"
    file.write_text(_AROUND.format(folder=folder, servers=servers))
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", program, "-e", "stderr", "-p", folder, "-c", file],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = ""
        # It tells how it waits for requests once its ports are open.
        while "event method" not in said:
            line = process.stderr.readline() if process.stderr else ""
            assert line, said
            said += line
        yield
    finally:
        process.kill()
        process.communicate()
