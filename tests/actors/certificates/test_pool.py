from hypothesis import given
from hypothesis import strategies as st

from actors.certificates.pool import MAX_WAITING, MAX_WAITING_BYTES, Job, Pool
from protocols.message import Command
from tests.support.examples import few

WORKERS = ("a", "b", "c")


def job(*, writes=False, size=0):
    return Job(command=Command(), then=lambda _reply: None, writes=writes, size=size)


def pool(*jobs, up=WORKERS):
    made = Pool(WORKERS)
    for worker in up:
        made.up(worker)
    for one in jobs:
        assert made.submit(one)
    return made


def test_nobody_works_before_having_arrived():
    assert list(pool(job(), up=()).assignments()) == []


def test_jobs_go_to_whoever_is_free_in_order():
    jobs = [job() for _ in range(5)]

    assert list(pool(*jobs).assignments()) == list(zip(WORKERS, jobs[:3], strict=True))


def test_a_worker_that_is_done_gets_the_next():
    jobs = [job() for _ in range(4)]
    made = pool(*jobs)
    list(made.assignments())

    made.done("b")

    assert list(made.assignments()) == [("b", jobs[3])]


def test_a_second_write_waits_until_the_first_is_released():
    # given
    first, second = job(writes=True), job(writes=True)
    made = pool(first, second)
    # when
    given_first = [one for _, one in made.assignments()]
    made.done("a")
    given_meanwhile = [one for _, one in made.assignments()]
    made.release(first)
    # then
    assert (given_first, given_meanwhile) == ([first], [])
    assert [one for _, one in made.assignments()] == [second]


def test_reads_overtake_a_write_that_waits():
    first, second, read = job(writes=True), job(writes=True), job()

    assert [one for _, one in pool(first, second, read).assignments()] == [first, read]


def test_a_write_done_again_keeps_its_turn():
    # given
    first, second = job(writes=True), job(writes=True)
    made = pool(first, second)
    list(made.assignments())
    # when
    made.lost("a")
    made.put_first(first)
    # then
    assert list(made.assignments()) == [("b", first)]
    assert first.attempts == 2


def test_a_lost_worker_gets_nothing_before_it_is_up():
    # given
    made = pool(up=("a",))
    made.submit(job())
    list(made.assignments())
    # when
    made.lost("a")
    made.submit(again := job())
    nothing = list(made.assignments())
    made.up("a")
    # then
    assert nothing == []
    assert list(made.assignments()) == [("a", again)]


def test_a_worker_that_is_up_twice_is_there_once():
    made = pool(up=("a", "a"))

    assert made.serving() == ("a",)


def test_nothing_overtakes_the_job_that_opens_the_store():
    # given
    opening, read, write = job(writes=True), job(), job(writes=True)
    made = pool(opening, read, write)
    made.opening = opening
    # when
    first = [one for _, one in made.assignments()]
    made.done("a")
    meanwhile = [one for _, one in made.assignments()]
    made.release(opening)
    # then
    assert (first, meanwhile) == ([opening], [])
    assert [one for _, one in made.assignments()] == [read, write]


def test_a_lost_job_that_opens_the_store_is_still_the_first():
    # given
    opening = job(writes=True)
    made = pool(opening, job())
    made.opening = opening
    list(made.assignments())
    # when
    made.lost("a")
    made.put_first(opening)
    # then
    assert list(made.assignments()) == [("b", opening)]


def test_releasing_somebody_elses_turn_changes_nothing():
    first = job(writes=True)
    made = pool(first)
    list(made.assignments())

    made.release(job(writes=True))

    assert made.writing is first


def test_too_many_jobs_are_refused():
    made = pool(*(job() for _ in range(MAX_WAITING)), up=())

    assert not made.submit(job())


def test_too_many_bytes_are_refused():
    made = pool(job(size=MAX_WAITING_BYTES), up=())

    assert not made.submit(job(size=1))
    assert made.submit(job())


STEPS = st.lists(st.tuples(st.sampled_from("srwdlu"), st.integers(0, 5)), max_size=80)


@few(100)
@given(STEPS)
def test_whatever_happens_one_writes_and_in_order(steps):
    """Submit a read or write, have a worker done or lost or up again: in any order."""
    made = pool()
    asked, begun = [], []
    for step, number in steps:
        worker = WORKERS[number % 3]
        match step:
            case "s" | "r" | "w":
                one = job(writes=step == "w")
                if made.submit(one) and one.writes:
                    asked.append(one)
            case "d" | "l" if worker in made.busy:
                one = made.busy[worker]
                (made.done if step == "d" else made.lost)(worker)
                made.release(one)
            case "u":
                made.up(worker)
        for name, one in made.assignments():
            assert made.busy[name] is one
            begun += [one] if one.writes else []
        assert sum(1 for one in made.busy.values() if one.writes) <= 1
        assert not set(made.busy) & set(made.free)
        assert not made.free or not made.waiting or made.writing is not None
    assert begun == asked[: len(begun)]
