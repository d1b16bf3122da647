"""The cockpit: one page on a release's figures for city and districts, served and as a file of its own.

It shows what publish and mart hold and computes no figure. Names of enterprises are shown to those who may see them,
and who saw them is kept.
"""

from tidu.serving.cockpit.app import Viewer, build_app
from tidu.serving.cockpit.standalone import file_cockpits, write_cockpit

__all__ = ["Viewer", "build_app", "file_cockpits", "write_cockpit"]
