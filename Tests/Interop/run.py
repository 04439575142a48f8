"""Runs the tests of this folder, files side by side, and says how many passed and failed.

usage: run.py [WORD…]   only files whose name contains one of the words
"""

import concurrent.futures
import contextlib
import io
import logging
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
# Most tests wait for somebody most of the time.
PROCESSES = 3


def run(path):
    sys.path[:0] = [str(HERE), str(HERE / "wire"), str(HERE / "running")]
    started = time.monotonic()
    text = io.StringIO()
    suite = unittest.defaultTestLoader.loadTestsFromName(path.stem)
    logging.disable()  # asyncio remarks on every callback that takes long
    with contextlib.redirect_stdout(text):
        result = unittest.TextTestRunner(text, warnings="ignore").run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    # Nothing is skipped here; a test that says so has failed.
    failed += len(result.skipped)
    return path.name, result.testsRun - failed, failed, time.monotonic() - started, text.getvalue()


def main(words):
    # Those with much to do first, so that none is waited for at the end.
    files = sorted(HERE.glob("**/test_*.py"), key=lambda file: -file.stat().st_size)
    files = [file for file in files if not words or any(word in file.name for word in words)]
    passed = failed = 0
    with concurrent.futures.ProcessPoolExecutor(PROCESSES, max_tasks_per_child=1) as pool:
        for name, good, bad, seconds, text in pool.map(run, files):
            passed += good
            failed += bad
            print(f"{name}: {good} passed, {bad} failed in {seconds:.1f} s", flush=True)
            if bad:
                print(text, flush=True)
    print(f"interop: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
