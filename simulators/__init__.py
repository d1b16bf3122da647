"""The departments, for demonstration and tests: a world's deliveries over the catalogue's real transports.

A world (see `deliveries`) is published into a home folder up to a date (`publishing`) and served from there
(`service`): REST and SFTP servers in one process, a front database, watched folders. Faults of a world are carried,
never mended: every value, every heading and every row's position arrive as they stand in the world's file.
`simulators.world` makes worlds. Of tidu the package knows the contracts alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulators.service import Simulators, running

__all__ = ["Simulators", "running"]


def __getattr__(name: str) -> Any:
    """Load the servers only when somebody runs them: world making needs none of their libraries."""
    if name in __all__:
        from simulators import service

        return getattr(service, name)
    raise AttributeError(name)
