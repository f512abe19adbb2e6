"""What an actor counts."""

from itertools import pairwise

import pytest

from actors.engine.metrics import BUCKETS_S, Histogram, Metrics


def test_buckets_rise():
    assert all(low < high for low, high in pairwise(BUCKETS_S))


@pytest.mark.parametrize("bucket", range(len(BUCKETS_S)))
def test_a_duration_counts_in_the_bucket_it_fits_in(bucket):
    histogram = Histogram()

    histogram.add(BUCKETS_S[bucket])  # the bound itself belongs below
    histogram.add(BUCKETS_S[bucket] * 1.0001)

    expected = [0] * (len(BUCKETS_S) + 1)
    expected[bucket] = expected[bucket + 1] = 1
    assert histogram.counts == expected


def test_no_time_at_all_counts_in_the_first_bucket():
    histogram = Histogram()
    histogram.add(0.0)

    assert histogram.counts[0] == 1


def test_the_total_is_the_sum():
    histogram = Histogram()
    for duration_s in (0.5, 0.25, 100.0):
        histogram.add(duration_s)

    assert histogram.total_s == 100.75
    assert sum(histogram.counts) == 3
    assert histogram.counts[-1] == 1


def test_two_actors_count_apart():
    one, other = Metrics(), Metrics()
    one.handler.add(1.0)
    one.received += 1

    assert (other.received, other.sent, other.handler.total_s) == (0, 0, 0.0)
    assert sum(other.handler.counts) == sum(other.mailbox.counts) == 0
    assert sum(one.mailbox.counts) == 0
