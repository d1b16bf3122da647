"""The city's plans held against what a release shows, and nothing else: what it hides, no target tells."""

from tidu.publishing.plans.writing import enter, judge, lay, write

__all__ = ["enter", "judge", "lay", "write"]
