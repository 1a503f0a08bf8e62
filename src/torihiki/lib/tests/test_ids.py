"""Ids: unique, in order, and telling the time at which they were made however many there are."""

import time
import uuid

from torihiki.lib.ids import new_id, new_ids


def test_ids_rise_and_are_version_7() -> None:
    ids = [new_id(), *new_ids(10_000), new_id()]
    assert ids == sorted(set(ids))
    assert {(each.version, each.variant) for each in ids} == {(7, uuid.RFC_4122)}


def test_many_at_once_do_not_run_ahead_of_the_clock() -> None:
    new_ids(100_000)
    assert abs((new_id().int >> 80) - time.time_ns() // 1_000_000) < 1_000  # milliseconds


def test_two_ids_of_one_moment_share_nothing_random() -> None:
    first, second = new_ids(2)
    assert first.int & (2**62 - 1) != second.int & (2**62 - 1)
