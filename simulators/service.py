"""Runs the servers: REST and SFTP in one process and one event loop, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import uvicorn

from simulators import sftp_server
from simulators.connections import connections
from simulators.errors import SimulatorError
from simulators.home import Home, Ports
from simulators.publishing import PLAIN, Published, Wishes, publish
from simulators.rest_api import application
from simulators.rest_gate import Behaviour

START_SECONDS = 30.0


@dataclass(frozen=True)
class Listening:
    """Where to listen. A port of 0 means the one of the last time, or any free one."""

    host: str = "127.0.0.1"
    rest_port: int = 0
    sftp_port: int = 0


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: this module decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    home: Home, listening: Listening, behaviour: Behaviour, stop: asyncio.Event, ready: Callable[[Ports], None]
) -> None:
    """Serve until `stop` is set. ports.json is written and `ready` called once both servers listen.

    Raises SimulatorError when a port is in use.
    """
    home.prepare()
    last = home.ports()
    with (
        _bound(listening.host, listening.rest_port, last.rest if last else 0) as rest_socket,
        _bound(listening.host, listening.sftp_port, last.sftp if last else 0) as sftp_socket,
    ):
        ports = Ports(rest_socket.getsockname()[1], sftp_socket.getsockname()[1], os.getpid())
        acceptor = await sftp_server.listen(home, sftp_socket)
        config = uvicorn.Config(
            application(home, behaviour),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[rest_socket]))
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        home.record_ports(ports)
        ready(ports)
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        acceptor.close()
        await running
        stopped.cancel()


def run(home: Home, listening: Listening, behaviour: Behaviour, ready: Callable[[Ports], None]) -> None:
    """Serve in this process until SIGTERM or SIGINT."""

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(home, listening, behaviour, stop, ready)

    asyncio.run(main())


@dataclass
class Simulators:
    """Running servers of one home, for tests and notebooks."""

    home: Home
    ports: Ports
    tax_dsn: str | None = field(repr=False)

    def publish(self, world: Path, as_of: date, wishes: Wishes = PLAIN) -> Published:
        """Serve a world up to a date; see `publishing.publish`."""
        return publish(self.home, world, as_of, self.tax_dsn, wishes)

    def connections(self) -> dict[str, str]:
        """Return the departments' connection URIs; tax only with a front database."""
        return connections(self.home, self.tax_dsn)


@contextlib.contextmanager
def running(
    home: Path,
    world: Path | None = None,
    as_of: date | None = None,
    *,
    tax_dsn: str | None = None,
    behaviour: Behaviour | None = None,
) -> Iterator[Simulators]:
    """Run the servers in a thread of this process, on free ports, for as long as the context lasts.

    With `world` and `as_of` that world is published first; without `tax_dsn` tax is left out.
    """
    place = Home(home)
    if world is not None and as_of is not None:
        publish(place, world, as_of, tax_dsn)
    started = threading.Event()
    failures: list[BaseException] = []
    controls: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def main() -> None:
        stop = asyncio.Event()
        controls.append((asyncio.get_running_loop(), stop))
        await serve(place, Listening(), behaviour or Behaviour(), stop, lambda _: started.set())

    def body() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 handed to the caller's thread below
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=body, name="simulators", daemon=True)
    thread.start()
    started.wait(START_SECONDS)
    ports = place.ports()
    if failures or ports is None:
        raise SimulatorError("the simulators did not start") from (failures[0] if failures else None)
    try:
        yield Simulators(place, ports, tax_dsn)
    finally:
        loop, stop = controls[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_SECONDS)
    if failures:
        raise SimulatorError("the simulators stopped with an error") from failures[0]


def _bound(host: str, wanted: int, last: int) -> socket.socket:
    """Bind the wanted port, else the last one if still free, else any."""
    for port in (wanted,) if wanted else (last, 0):
        # asyncio switches Nagle off only for sockets that say they are TCP; with it every answer waits 40 ms.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
        except OSError as error:
            bound.close()
            if port == wanted and wanted:
                raise SimulatorError(
                    f"cannot listen on {host}:{port}: {error.strerror}; choose another port"
                ) from error
            continue
        bound.listen(128)
        return bound
    raise SimulatorError(f"{host}: no port is free to listen on")
