"""Every row of the requirements that a whole site answers for is shown by a test over real sockets."""

from tests.support import rows


def test_marks_name_rows_that_exist():
    assert {row for row, _ in rows.marked()} <= set(rows.ROWS)


def test_every_row_is_shown_or_said_to_be_elsewhere():
    shown = {row for row, _ in rows.marked()}

    assert [row for row in rows.ROWS if row not in shown | set(rows.ELSEWHERE)] == []
    assert shown & set(rows.ELSEWHERE) == set()


def test_the_page_of_rows_says_what_the_marks_say():
    assert rows.PAGE.read_text(encoding="utf-8") == rows.page()
