"""A relay on loopback that makes a far CLIENT of a near one: what passes takes its time, each way, in order.

A new connection costs a round trip of its own, as a TCP handshake does; as who sends to a relay does not wait for it,
what leaves meanwhile arrives when it is over. It is a process of its own, as a link takes nothing of the judge's time:
``python -m loadtests.benchmarks.relay HOST PORT ONE_WAY HANDSHAKE``, both in seconds.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

_CHUNK: Final = 65536
_PATIENCE: Final = 10.0


@contextmanager
def delayed(site: str, round_trip: float, *, handshake: bool = True) -> Iterator[str]:
    """Relay to ``site``, an http address; yield the address that is ``round_trip`` seconds away from it.

    Without ``handshake`` new connections cost nothing more: what leaves at one moment arrives at one.
    """
    parts = urlsplit(site)
    opening = round_trip if handshake else 0.0
    where = parts.hostname or "", str(parts.port or 80), str(round_trip / 2), str(opening)
    command = [sys.executable, "-m", __name__, *where]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdin is not None
        assert relay.stdout is not None
        try:
            yield parts._replace(netloc=f"127.0.0.1:{int(relay.stdout.readline())}").geturl()
        finally:
            # It ends with its input, so also with the judge.
            relay.stdin.close()
            relay.wait(_PATIENCE)


async def _serve(host: str, port: int, one_way: float, opening: float) -> None:
    """Relay until the input ends."""
    relay = _Relay(host, port, one_way, opening)
    server = await relay.listen()
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await relay.stop(server)


class _Relay:
    def __init__(self, host: str, port: int, one_way: float, opening: float) -> None:
        self.host, self.port, self.one_way, self.opening = host, port, one_way, opening
        self._carrying: set[asyncio.Task[None]] = set()

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._carry, "127.0.0.1", 0, backlog=1024)

    async def stop(self, server: asyncio.Server) -> None:
        server.close()
        for task in list(self._carrying):
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        # The far side learns of the connection once the handshake is over.
        opened = asyncio.get_running_loop().time() + self.one_way + self.opening
        try:
            far, forth = await asyncio.open_connection(self.host, self.port)
        except OSError:
            back.transport.abort()
            return
        finally:
            self._carrying.discard(task)
        self._carrying.add(task)
        try:
            # The loop tells of a connection that was cancelled as of an error; the end of the relay is none.
            with suppress(asyncio.CancelledError):
                await asyncio.gather(self._pump(near, forth, opened), self._pump(far, back, 0.0))
        finally:
            forth.close()
            back.close()
            self._carrying.discard(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, opened: float) -> None:
        """Carry bytes, and in the end the end, from ``source`` to ``sink``; nothing arrives before ``opened``."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                due, chunk = await under_way.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if chunk is None:
                    sink.transport.abort()
                    return
                if not chunk:
                    with suppress(OSError):
                        sink.write_eof()
                    return
                sink.write(chunk)

        arriving = asyncio.create_task(arrive())
        try:
            while not arriving.done():
                try:
                    chunk: bytes | None = await source.read(_CHUNK)
                except OSError:
                    chunk = None
                under_way.put_nowait((max(loop.time() + self.one_way, opened), chunk))
                if not chunk:
                    break
            await arriving
        finally:
            arriving.cancel()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
