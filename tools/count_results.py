"""Prints "PASSED FAILED" of a result file: GoogleTest's JSON (unit) or pytest's JUnit XML (http, browser)."""

import json
import sys
import xml.etree.ElementTree

kind, path = sys.argv[1:]
if kind == "unit":
    with open(path) as file:
        cases = [case for suite in json.load(file)["testsuites"] for case in suite["testsuite"]]
    bad = [bool(case.get("failures")) for case in cases if case["result"] == "COMPLETED"]
else:
    cases = xml.etree.ElementTree.parse(path).getroot().iter("testcase")
    bad = [case.find("failure") is not None or case.find("error") is not None
           for case in cases if case.find("skipped") is None]
print(bad.count(False), bad.count(True))
