"""Disclosure control: what of money, headcounts and loans a release may show without telling of one enterprise."""

from tidu.publishing.disclosure.control import Decided, decide
from tidu.publishing.disclosure.release import Attack, assert_it_holds, attack
from tidu.publishing.disclosure.writing import keep, prepare

__all__ = ["Attack", "Decided", "assert_it_holds", "attack", "decide", "keep", "prepare"]
