"""Buckets of requests, by numbers that can be checked by hand."""

from actors.gateway.budget import Bucket, Limits, Purse


def test_a_bucket_gives_a_burst_and_then_its_rate():
    bucket = Bucket(10.0, 3, 0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(0.0) == 0.1
    assert bucket.take(0.05) == 0.05
    assert bucket.take(0.11) == 0.0


def test_a_bucket_holds_no_more_than_its_burst():
    bucket = Bucket(10.0, 2, 0.0)
    assert [bool(bucket.take(1000.0)) for _ in range(3)] == [False, False, True]


def test_a_clock_that_goes_back_gives_nothing():
    bucket = Bucket(10.0, 1, 100.0)
    bucket.take(100.0)
    assert [bucket.take(0.0), bucket.take(100.0)] == [0.1, 0.1]


def test_one_host_has_one_bucket_however_often_it_comes():
    purse = Purse(Limits(burst=1))
    assert purse.bucket("a", 0.0) is purse.bucket("a", 0.0)
    assert purse.bucket("a", 0.0) is not purse.bucket("b", 0.0)


def test_a_purse_forgets_those_who_have_paused():
    purse = Purse(Limits(burst=1, rate_per_s=1))
    busy = purse.bucket("busy", 0.0)
    busy.take(0.0)
    for number in range(Purse.MOST):
        purse.bucket(str(number), 0.0)
    assert purse.bucket("busy", 0.0) is busy


def test_a_purse_of_busy_hosts_forgets_the_oldest():
    purse = Purse(Limits(burst=1, rate_per_s=1))
    made = [purse.bucket(str(number), 0.0) for number in range(Purse.MOST)]
    for each in made:
        each.take(0.0)
    purse.bucket("new", 0.0)
    assert purse.bucket("1", 0.0) is made[1]
    assert purse.bucket("0", 0.0) is not made[0]
