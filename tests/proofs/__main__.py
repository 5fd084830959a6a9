"""`make proof`: the slow proofs, one line each: name, figure, passed or failed.

A proof is a test marked `proof`, wherever it stands. What it measured it says with
`record_property("figure", "11,200 dispenses, none lost")`. Arguments go to pytest.
"""

import sys

import pytest


class OneLineEach:
    """Prints a line for each proof as soon as it is known, instead of dots."""

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        if report.when == "call" or (report.when == "setup" and not report.passed):
            return report.outcome, "", ""
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.when == "setup" and not report.passed):
            name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
            figure = dict(report.user_properties).get("figure", f"{report.duration:.0f} s")
            if report.skipped and isinstance(report.longrepr, tuple):
                figure = report.longrepr[2].removeprefix("Skipped: ")
            print(f"{name} | {figure} | {report.outcome}", flush=True)


if __name__ == "__main__":
    arguments = ["-m", "proof", "-p", "no:randomly", "-q", "--no-header", *sys.argv[1:]]
    sys.exit(pytest.main(arguments, plugins=[OneLineEach()]))
