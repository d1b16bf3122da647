"""What can go wrong in the departments' stand-ins, in words an operator can act on."""

from __future__ import annotations

from tidu.errors import TiduError


class SimulatorError(TiduError):
    """A simulator cannot start or publish; the text names the port, file or setting at fault."""


class WorldError(SimulatorError):
    """A world's folder cannot be read as interface.md describes it; the text names the file."""
