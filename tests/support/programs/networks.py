"""Hosts of their own on one machine: network namespaces, and between them a router that delays, loses and parts.

The router carries IP packets from one host's TUN device to another's, so that a real TCP meets a real network: what
``tc netem`` does, also where the kernel was built without it. Hosts end with the process that made them.
"""

import fcntl
import heapq
import os
import random
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

# From linux/if_tun.h: a device of IP packets without a header of its own.
_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x0001 | 0x1000
_LARGEST_PACKET = 65536
# Of an IPv4 packet: its version, and where its destination stands.
_IPV4 = 4
_DESTINATION = slice(16, 20)


@dataclass
class Host:
    """A host at ``address``: a namespace that lives as long as its ``keeper``, and a device that the router holds."""

    address: str
    keeper: subprocess.Popen
    device: int

    def command(self, *arguments):
        """The command line that runs ``arguments`` on this host, under the process id that it is started with."""
        return ["nsenter", f"--net=/proc/{self.keeper.pid}/ns/net", *map(str, arguments)]


class Network:
    """Hosts, and the router between them. Packets take ``delay`` seconds each way; ``loss`` of them never arrive."""

    def __init__(self, delay, loss, seed=1):
        self.delay, self.loss = delay, loss
        self.lost = self.carried = 0
        self._random = random.Random(seed)
        self._between = Counter()
        self._passed = threading.Condition()
        self._devices = {}
        self._parted = set()
        self._under_way = []
        self._selector = selectors.DefaultSelector()
        self._ends, self._end = os.pipe()
        self._selector.register(self._ends, selectors.EVENT_READ)
        self._router = threading.Thread(target=self._route, name="router", daemon=True)

    def join(self, host):
        """Carry the packets of ``host``, and those for it."""
        self._devices[bytes(map(int, host.address.split(".")))] = host.device
        self._selector.register(host.device, selectors.EVENT_READ)

    def start(self):
        """Begin to carry, once all have joined."""
        self._router.start()

    def close(self):
        """Carry nothing any more."""
        os.close(self._end)
        if self._router.is_alive():
            self._router.join()
        self._selector.close()
        os.close(self._ends)

    def part(self, host):
        """Lose everything from and for ``host`` from now on."""
        self._parted.add(host.device)

    def heal(self, host):
        """Let ``host`` be reached again."""
        self._parted.discard(host.device)

    def wait_for_packets(self, sender, receiver, count):
        """Wait until ``count`` more packets of the host ``sender`` are on their way to ``receiver``."""
        way = sender.device, receiver.device
        with self._passed:
            enough = self._between[way] + count
            self._passed.wait_for(lambda: self._between[way] >= enough)

    def _route(self):
        while True:
            wait = max(0.0, self._under_way[0][0] - time.monotonic()) if self._under_way else None
            for ready, _ in self._selector.select(wait):
                if ready.fd == self._ends:
                    return
                self._take(ready.fd, os.read(ready.fd, _LARGEST_PACKET))
            while self._under_way and self._under_way[0][0] <= time.monotonic():
                _, _, device, packet = heapq.heappop(self._under_way)
                os.write(device, packet)

    def _take(self, sender, packet):
        receiver = self._devices.get(packet[_DESTINATION]) if packet[0] >> 4 == _IPV4 else None
        if receiver is None:
            return
        if {sender, receiver} & self._parted or self._random.random() < self.loss:
            self.lost += 1
            return
        self.carried += 1
        with self._passed:
            self._between[sender, receiver] += 1
            self._passed.notify_all()
        heapq.heappush(self._under_way, (time.monotonic() + self.delay, self.carried, receiver, packet))


@contextmanager
def network(*names, delay, loss):
    """A network of hosts with these ``names``; yield it and them. Skips where this machine cannot have one."""
    if sys.platform != "linux" or os.geteuid() != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        pytest.skip("needs Linux, root and /dev/net/tun, to make network namespaces")
    with ExitStack() as stack:
        hosts = [stack.enter_context(_host(f"10.77.0.{number}")) for number in range(1, len(names) + 1)]
        joined = Network(delay, loss)
        # Before the hosts' devices close.
        stack.callback(joined.close)
        for host in hosts:
            joined.join(host)
        joined.start()
        yield joined, dict(zip(names, hosts, strict=True))


@contextmanager
def _host(address):
    # It says when it is there, and ends when its input does: with this process, whatever ends it.
    keeper = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo there; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    device = os.open("/dev/net/tun", os.O_RDWR)
    try:
        assert keeper.stdout.readline() == b"there\n"
        made = fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"pitboss%d", _IFF_TUN_NO_PI))
        name = made[:16].rstrip(b"\0").decode()
        host = Host(address, keeper, device)
        _ip("link", "set", name, "netns", keeper.pid)
        for words in (
            ("addr", "add", f"{address}/24", "dev", name),
            ("link", "set", name, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip(*words, before=host.command())
        yield host
    finally:
        os.close(device)
        keeper.stdin.close()
        keeper.wait()
        keeper.stdout.close()


def _ip(*arguments, before=()):
    try:
        subprocess.run([*before, "ip", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip("needs the command ip: install iproute2")
