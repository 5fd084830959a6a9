"""The same request answered as WSGI in this process, without a server or a bridge.

The question is JSON on stdin, as for `hims.bench.caller`; says the CPU milliseconds a request.
"""

import io
import json
import sys
import time

from django.core.wsgi import get_wsgi_application


def main() -> None:
    """Answer one request `times` times after as many to warm up as `warm` says."""
    question = json.load(sys.stdin)
    pages = get_wsgi_application()
    path, _, query = question["path"].partition("?")
    body = question["body"].encode()

    def answered() -> int:
        status = []
        environ = {
            "REQUEST_METHOD": "POST" if body else "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in question["headers"].items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        answer = pages(environ, lambda line, headers, error=None: status.append(int(line[:3])))
        b"".join(answer)
        answer.close()
        return status[0]

    for _ in range(question["warm"]):
        answered()
    begun = time.process_time()
    statuses = {answered() for _ in range(question["times"])}
    spent = time.process_time() - begun
    json.dump({"statuses": sorted(statuses), "ms": spent / question["times"] * 1000}, sys.stdout)


if __name__ == "__main__":
    main()
