"""Certificates, and other people's servers that use them."""
import contextlib
import os
import pathlib
import queue
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import BOWLINE, PATIENCE_S, environment, needs, run  # noqa: E402

PYTHON = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
VERSIONS = ("1.2", "1.3")
KEY = "8f3a0c55d1e94b7790aa12bc34de56f0"
OTHER_KEY = "00112233445566778899aabbccddeeff"


class Files:
    """A root, a server for localhost and 127.0.0.1, a client, and others that nobody should trust."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.make("root", "Interop Root", out="ca")
        self.make("root", "Another Root", out="other")
        self.make("server", "localhost", "127.0.0.1", ca="ca", out="web")
        self.make("client", "alice", ca="ca", out="alice")
        self.make("client", "mallory", ca="other", out="mallory")
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def __getitem__(self, name):
        return str(pathlib.Path(self.folder.name) / name)

    def make(self, action, *words, out, ca=None):
        done = run("cert", action, *words, *(["--ca", self[ca]] if ca else []), "--out", self[out])
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())

    def write(self, name, text):
        path = pathlib.Path(self[name])
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return str(path)


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = cls.enterClassContext(Files()) if hasattr(cls, "enterClassContext") else cls.entered(Files())

    @classmethod
    def entered(cls, context):
        cls.addClassCleanup(context.__exit__, None, None, None)
        return context.__enter__()

    def entering(self, context):
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()


class Process:
    """A server of its own process, which is ended with the test. Its output is read by a thread, so that it never
    waits for us."""

    def __init__(self, *words, ready=None, **more):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, **more)
        self.lines = queue.Queue()
        self.seen = b""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.found = self.wait_for(ready) if ready else None

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, pattern):
        """The match of a pattern in what it has said."""
        while not (found := re.search(pattern, self.seen)):
            line = self.lines.get(timeout=PATIENCE_S)
            if line is None:
                raise RuntimeError(f"it ended: {self.seen.decode(errors='replace')}")
            self.seen += line
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        self.process.stdout.close()


def listening_port(process_id, protocol="tcp"):
    """Of a process that chose its port by itself and does not tell."""
    sockets = set()
    for descriptor in pathlib.Path(f"/proc/{process_id}/fd").iterdir():
        with contextlib.suppress(OSError):
            if found := re.match(r"socket:\[(\d+)\]", os.readlink(descriptor)):
                sockets.add(found[1])
    waiting = {"tcp": "0A", "udp": "07"}[protocol]
    for line in pathlib.Path(f"/proc/net/{protocol}").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] == waiting and fields[9] in sockets:
            return int(fields[1].split(":")[1], 16)
    raise RuntimeError("it does not listen")


class OpensslServer(Process):
    """Sends each line back reversed."""

    def __init__(self, *words):
        super().__init__(needs("openssl"), "s_server", "-accept", "127.0.0.1:0", "-rev", *words,
                         ready=rb"ACCEPT 127\.0\.0\.1:(\d+)")
        self.port = int(self.found[1])


class GnutlsServer(Process):
    """Sends back what comes."""

    def __init__(self, *words):
        super().__init__(needs("gnutls-serv"), "--echo", "--port", "0", *words, ready=rb"IPv4 .*done")
        self.port = listening_port(self.process.pid)


class Nginx(Process):
    """Serves one page, or passes all on to the port `proxy`, WebSockets too. It inherits a socket that listens already,
    so that no port can be lost to others."""
    PAGE = "served by nginx\n"

    def __init__(self, files, *settings, proxy=None):
        self.folder = tempfile.TemporaryDirectory()
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listening.getsockname()[1]
        lines = "".join(f"    {setting};\n" for setting in settings)
        answer = f"default_type text/plain; return 200 '{self.PAGE}';"
        if proxy is not None:
            answer = (f"proxy_pass http://127.0.0.1:{proxy}; proxy_http_version 1.1; proxy_set_header Upgrade "
                      "$http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $http_host;")
        path = pathlib.Path(self.folder.name) / "nginx.conf"
        path.write_text(
            f"daemon off;\nworker_processes 1;\npid {self.folder.name}/pid;\nerror_log stderr;\n"
            "events {}\nhttp {\n  access_log off;\n" +
            "".join(f"  {kind}_temp_path {self.folder.name}/{kind};\n"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) +
            f"  server {{\n    listen 127.0.0.1:{self.port} ssl http2;\n"
            f"    ssl_certificate {files['web.pem']};\n    ssl_certificate_key {files['web.key']};\n{lines}"
            f"    location / {{ {answer} }}\n  }}\n}}\n",
            encoding="utf-8")
        number = self.listening.fileno()
        super().__init__(needs("nginx"), "-p", self.folder.name, "-e", "stderr", "-c", str(path),
                         pass_fds=[number], env=os.environ | {"NGINX": f"{number};"})

    def __exit__(self, *_):
        super().__exit__()
        self.listening.close()
        self.folder.cleanup()


class PythonServer:
    """Sends back what comes, in upper case, by Python's ssl module; remembers whom it met."""

    def __init__(self, context):
        self.context = context
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.met = queue.Queue()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE_S)
        self.listening.close()

    def serve(self):
        while True:
            try:
                plain, _ = self.listening.accept()
            except OSError:
                return
            plain.settimeout(PATIENCE_S)
            try:
                with self.context.wrap_socket(plain, server_side=True) as secure:
                    self.met.put({"version": secure.version(), "alpn": secure.selected_alpn_protocol(),
                                  "peer": secure.getpeercert(), "resumed": secure.session_reused})
                    while octets := secure.recv(65536):
                        secure.sendall(octets.upper())
                    secure.unwrap()
            except (ssl.SSLError, OSError) as error:
                self.met.put({"error": str(error)})


def python_server_context(files, minimum=ssl.TLSVersion.TLSv1_2, maximum=ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = minimum, maximum
    context.load_cert_chain(files["web.pem"], files["web.key"])
    return context


class BowlineListener(Process):
    """The command as a server: `bowline cat -l`, which says its port on standard error."""

    def __init__(self, *words, answer=b""):
        super().__init__(BOWLINE, "cat", "-l", *words, "127.0.0.1", "0", env=environment(),
                         ready=rb"listening on 127\.0\.0\.1:(\d+)")
        self.port = int(self.found[1])
        if answer:
            self.process.stdin.write(answer)
            self.process.stdin.close()
