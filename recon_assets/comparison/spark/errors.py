"""Spark's errors as people can read them.

Belongs here: finding the words that matter in an error that crossed from the JVM. Does not belong here: which error
of ours it becomes.
"""

import re

from py4j.protocol import Py4JJavaError


def plain_message(error: Exception) -> str:
    """The error's own words without the JVM's stack trace; of a failed Spark job, its root cause's."""
    if isinstance(error, Py4JJavaError):
        cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        return str(cause.getMessage())
    causes = re.findall(r"^Caused by: [\w.$]+: (.+)$", str(error), re.MULTILINE)
    if causes and re.match(r"\[TASK_WRITE_FAILED\]|Job aborted", str(error)):  # over Spark Connect
        return str(causes[-1])
    # After the position Spark prints the whole query plan.
    return re.sub(r"(line \d+,? pos \d+);\n.*", r"\1", str(error).split("JVM stacktrace")[0], flags=re.DOTALL).strip()
