from actors.config.document import Source
from actors.config.problems import Severity
from actors.config.reader import read_document
from actors.config.report import Report


def test_what_is_reported_gets_file_place_and_path():
    root, _ = read_document(b"a:\n  b: 1\n", "a.yaml")
    report = Report(Source("a.yaml", root))

    report.error(("a", "b"), "is wrong", "Mend it.")
    report.warning(("a", "b"), "is odd", key=True)

    assert [str(problem) for problem in report.problems] == [
        "a.yaml:2:6: error: a.b: is wrong\n    Mend it.",
        "a.yaml:2:3: warning: a.b: is odd",
    ]
    assert [problem.severity for problem in report.problems] == [Severity.ERROR, Severity.WARNING]
