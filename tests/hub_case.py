"""A server on this machine that speaks as much of the hub's API as fetching needs, with faults on request."""

import json
import os
import threading
from collections import defaultdict
from contextlib import contextmanager
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LARGE = (".safetensors", ".gz", ".parquet")  # what the hub keeps as LFS files, with their SHA-256


class Hub(ThreadingHTTPServer):
    """``repositories``: ``models/owner/name`` or ``datasets/owner/name`` → path → content, all at ``COMMIT``.

    ``faults``: repository and path of a file (or ``tree``) → what befalls requests for it, in order, one entry each:
    an HTTP status, ``("cut", n)`` (the connection ends after n bytes), ``("stall", n, s)`` (nothing comes for s
    seconds after n bytes), or a function of the content. ``asked`` counts
    such requests, ``ranges`` are the Range headers that came with them.
    """

    daemon_threads = True

    def __init__(self, repositories):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = repositories
        self.faults = defaultdict(list)
        self.asked = defaultdict(int)
        self.ranges = []

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serve(repositories):
    hub = Hub(repositories)
    threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()


def environment(endpoint, home, **more):
    """The environment of a process that asks this hub alone: no proxy, no token or cache of the machine's user."""
    inherited = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    inherited = {name: value for name, value in inherited.items() if not name.startswith(("HF_", "HUGGING"))}
    return inherited | {"HF_ENDPOINT": endpoint, "HF_HOME": str(home)} | more


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", cut=None, stall=0.0, **headers):
        self.send_response(status)
        for name, value in ({"Content-Length": len(body)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
            if cut is not None:
                self.wfile.flush()
                threading.Event().wait(stall)  # no sleep: a test may have taken that away
                self.close_connection = True

    def do_GET(self):
        path = self.path.split("?")[0].strip("/").removeprefix("api/")
        if not path.startswith(("models/", "datasets/")):
            path = f"models/{path}"
        repository, rest = "/".join(path.split("/")[:3]), path.split("/")[3:]
        if repository.endswith("/gated"):
            return self.answer(403, b"{}", X_Error_Code="GatedRepo", X_Error_Message="Access is restricted")
        if repository.endswith("/private"):
            return self.answer(401, b"{}", X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
        if repository.endswith("/forbidden"):
            return self.answer(403, b"{}")
        if repository not in self.server.repositories:
            return self.answer(404, b"{}", X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
        if not rest:
            return self.answer(200, json.dumps({"id": repository.partition("/")[2], "sha": COMMIT}).encode())
        kind, revision, *name = rest
        if revision != COMMIT:
            return self.answer(404, b"{}", X_Error_Code="RevisionNotFound", X_Error_Message="Invalid rev id")
        return self.content(repository, "tree" if kind == "tree" else "/".join(name))

    do_HEAD = do_GET

    def content(self, repository, name):
        files = self.server.repositories[repository]
        content = json.dumps(list(map(entry, files.items()))).encode() if name == "tree" else files.get(name)
        if content is None:
            return self.answer(404, b"{}", X_Error_Code="EntryNotFound", X_Error_Message="Entry not found")
        cut, stall, tag = None, 0.0, sha256(content).hexdigest()
        if self.command == "GET":
            self.server.asked[f"{repository}/{name}"] += 1
            faults = self.server.faults[f"{repository}/{name}"]
            fault = faults.pop(0) if faults else None
            if isinstance(fault, int):
                return self.answer(fault, b"{}", **({"X_Error_Code": "EntryNotFound"} if fault == 404 else {}))
            if isinstance(fault, tuple):
                cut, stall = fault[1], fault[2] if fault[0] == "stall" else 0.0
            elif fault:
                content = fault(content)
        headers = {"X_Repo_Commit": COMMIT, "ETag": f'"{tag}"', "Accept_Ranges": "bytes"}
        if start := self.headers.get("Range"):
            self.server.ranges.append(start)
            offset, whole = int(start.removeprefix("bytes=").rstrip("-")), len(content)
            headers["Content_Range"] = f"bytes {offset}-{whole - 1}/{whole}"
            return self.answer(206, content[offset:], cut, stall, **headers)
        return self.answer(200, content, cut, stall, **headers)


def entry(file):
    name, content = file
    blob = sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
    found = {"type": "file", "path": name, "size": len(content), "oid": blob}
    if name.endswith(_LARGE):
        found["lfs"] = {"oid": sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return found
