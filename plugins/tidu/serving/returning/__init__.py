"""What each district is handed back (回流): its enterprises, verdicts, gaps, tickets and figures, and nobody else's.

A package is read in a session of the district's own role, so the database decides what is in it.
"""

from __future__ import annotations

from tidu.serving.returning.package import Package, files_of, write_packages

__all__ = ["Package", "files_of", "write_packages"]
