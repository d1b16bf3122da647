"""Disclosure control: what of money, headcounts and loans a release may show without telling of one enterprise."""

from tidu.publishing.disclosure.control import Decided, decide
from tidu.publishing.disclosure.release import assert_it_holds
from tidu.publishing.disclosure.writing import keep, prepare

__all__ = ["Decided", "assert_it_holds", "decide", "keep", "prepare"]
