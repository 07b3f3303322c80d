"""bowline get, put and serve, against each other and against servers of Python."""
import http.server
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

import harness
from harness import run, run_json, start


class Answers(http.server.BaseHTTPRequestHandler):
    """Says what the test asks for by the path."""
    protocol_version = "HTTP/1.1"
    seen = []
    busy = 0

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Answers.seen.append((self.command, self.path, dict(self.headers), body))
        if self.path == "/redirect":
            return self.answer(302, b"", Location="/page")
        if self.path == "/busy" and Answers.busy > 0:
            Answers.busy -= 1
            return self.answer(503, b"later", Retry_After="0")
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.send_header("ETag", '"1"')
            self.send_header("Accept-Ranges", "bytes")
            if "Range" in self.headers:
                begin = int(self.headers["Range"][6:-1])
                self.close_connection = True
                self.wfile.flush()
            self.end_headers()
            self.wfile.write(b"x" * 300000)
            self.close_connection = True
            return None
        if self.path == "/login":
            return self.answer(200, b"in", Set_Cookie="id=7; Max-Age=1000; HttpOnly")
        if self.path == "/missing":
            return self.answer(404, b"not here")
        return self.answer(200, b"the page\n", Content_Type="text/plain")

    do_GET = do_POST = do_PUT = do_HEAD = handle_one

    def log_message(self, *_):
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # clients that go are part of the tests


class WebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = QuietServer(("127.0.0.1", 0), Answers)
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        Answers.seen.clear()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name):
        return os.path.join(self.folder, name)

    def content(self, name):
        with open(self.file(name), "rb") as stream:
            return stream.read()

    def test_get_prints_the_page_behind_a_redirect(self):
        done = run("get", self.url + "/redirect")
        self.assertEqual((done.returncode, done.stdout), (0, b"the page\n"), done.stderr)
        self.assertEqual([path for _, path, _, _ in Answers.seen], ["/redirect", "/page"])

    def test_get_prints_several_in_order(self):
        done = run("get", self.url + "/a", self.url + "/missing")
        self.assertEqual((done.returncode, done.stdout), (0, b"the page\nnot here"))

    def test_get_fail_turns_a_status_into_an_exit_status(self):
        self.assertEqual(run("get", "-f", self.url + "/missing").returncode, 1)
        self.assertEqual(run("get", self.url + "/missing").returncode, 0)

    def test_get_sends_what_it_is_told_to(self):
        run("get", "-H", "X-A: 1", "-H", "X-B: 2", "-d", "a=1", "-d", "b=2", self.url + "/form")
        run("get", "--json-body", '{"a": 1}', "-X", "PUT", self.url + "/json")
        run("get", "-F", "name=value", self.url + "/multipart")
        (_, _, fields, body), json_seen, form_seen = Answers.seen
        self.assertEqual((fields["X-A"], fields["X-B"], body), ("1", "2", b"a=1&b=2"))
        self.assertEqual((json_seen[0], json_seen[2]["Content-Type"], json_seen[3]),
                         ("PUT", "application/json", b'{"a": 1}'))
        self.assertIn(b'name="name"\r\n\r\nvalue', form_seen[3])

    def test_get_saves_under_the_name_that_the_url_has_and_replaces_nothing(self):
        done = subprocess.run([harness.BOWLINE, "get", "-O", self.url + "/one.txt", self.url + "/two.txt"],
                              cwd=self.folder, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.content("one.txt"), b"the page\n")
        self.assertEqual(sorted(os.listdir(self.folder)), ["one.txt", "two.txt"])
        again = subprocess.run([harness.BOWLINE, "get", "-O", self.url + "/one.txt"], cwd=self.folder,
                               capture_output=True, timeout=60, check=False)
        self.assertEqual(again.returncode, 2)
        for hidden in ("/.bashrc", "/..%2fx", "/"):
            refused = subprocess.run([harness.BOWLINE, "get", "-O", self.url + hidden], cwd=self.folder,
                                     capture_output=True, timeout=60, check=False)
            self.assertEqual(refused.returncode, 2, hidden)

    def test_get_tries_again_when_it_is_told_to(self):
        Answers.busy = 2
        done = run("get", "--retry", "3", self.url + "/busy")
        self.assertEqual((done.returncode, done.stdout), (0, b"the page\n"))
        self.assertEqual(len(Answers.seen), 3)

    def test_get_leaves_what_it_needs_to_go_on(self):
        done = run("get", "-o", self.file("down"), self.url + "/cut")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertFalse(os.path.exists(self.file("down")))
        self.assertTrue(os.path.exists(self.file("down.resume")))
        run("get", "-C", "-o", self.file("down"), self.url + "/cut")
        self.assertEqual(Answers.seen[1][2]["Range"], "bytes=300000-")
        self.assertEqual(Answers.seen[1][2]["If-Range"], '"1"')

    def test_get_json_tells_all(self):
        status, said = run_json("get", self.url + "/redirect")
        self.assertEqual((status, said["status"], said["body_octets"]), (0, 200, 9))
        self.assertEqual([each["status"] for each in said["transactions"]], [302, 200])
        for each in said["transactions"]:
            self.assertAlmostEqual(sum(each["phases"].values()), each["duration_ms"], delta=0.02)
        self.assertTrue(said["transactions"][1]["reused"])

    def test_get_verbose_says_what_happened(self):
        done = run("get", "-v", self.url + "/page")
        self.assertEqual(done.stdout, b"the page\n")
        self.assertIn(b"HTTP/1.1 200", done.stderr)
        self.assertIn(b"thinking", done.stderr)

    def test_get_keeps_cookies_in_a_file(self):
        jar = self.file("jar")
        run("get", "-c", jar, self.url + "/login")
        self.assertIn(b"#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t", self.content("jar"))
        self.assertEqual(os.stat(jar).st_mode & 0o777, 0o600)
        run("get", "-c", jar, self.url + "/page")
        self.assertEqual(Answers.seen[1][2].get("Cookie"), "id=7")
        run("get", self.url + "/page")
        self.assertNotIn("Cookie", Answers.seen[2][2])

    def test_get_head_prints_the_head(self):
        done = run("get", "-I", self.url + "/page")
        self.assertTrue(done.stdout.startswith(b"HTTP/1.1 200"), done)
        self.assertNotIn(b"the page", done.stdout)

    def test_get_refuses_words_that_make_no_sense(self):
        for words in (["-o", "x", "http://a/", "http://b/"], ["-C", "http://a/"], ["--retry", "x", "http://a/"],
                      ["--limit-rate", "0", "http://a/"], ["-H", "nothing", "http://a/"], ["-4", "-6", "http://a/"],
                      ["http://a:99999/"], ["--http1.1", "--http2", "http://a/"]):
            self.assertEqual(run("get", *words).returncode, 2, words)
        self.assertEqual(run("get", "ftp://127.0.0.1/").returncode, 2)

    def test_get_limit_rate_takes_its_time(self):
        with open(self.file("big"), "wb") as stream:
            stream.write(b"x" * 300_000)
        with Serve(self.folder, "--plain") as served:
            status, said = run_json("get", "--limit-rate", "200K", "-o", self.file("copy"), served.url + "big")
        self.assertEqual((status, said["body_octets"]), (0, 300_000))
        self.assertGreater(said["total_ms"], 700)

    def test_put_sends_a_file(self):
        with open(self.file("up load"), "wb") as stream:
            stream.write(b"content")
        done = run("put", self.file("up load"), self.url + "/in/")
        self.assertEqual((done.returncode, done.stdout), (0, b"the page\n"), done.stderr)
        self.assertEqual((Answers.seen[0][0], Answers.seen[0][1], Answers.seen[0][3]),
                         ("PUT", "/in/up%20load", b"content"))
        self.assertEqual(run("put", "-", self.url + "/in", stdin=b"piped").returncode, 0)
        self.assertEqual(Answers.seen[1][3], b"piped")

    def test_serve_and_get_over_tls(self):
        os.mkdir(self.file("sub"))
        with open(self.file("sub/a&b.txt"), "wb") as stream:
            stream.write(b"0123456789")
        os.symlink("/etc/passwd", self.file("link"))
        with open(self.file(".hidden"), "wb") as stream:
            stream.write(b"secret")
        root = self.file("root.pem")
        with Serve(self.folder, "--write-root", root) as served:
            get = lambda path, *words: run("get", "--ca", root, "-f", *words, served.url + path)
            self.assertEqual(get("sub/a&b.txt").stdout, b"0123456789")
            self.assertEqual(get("sub/a&b.txt", "--http1.1").stdout, b"0123456789")
            self.assertEqual(get("sub/a&b.txt", "-H", "Range: bytes=2-4").stdout, b"234")
            self.assertIn(b"a&amp;b.txt", get("sub").stdout)
            self.assertEqual(get("").returncode, 0)
            self.assertNotIn(b"hidden", get("").stdout)
            for path in ("link", ".hidden", "sub/%2e%2e/.hidden", "..%2f..%2fetc/passwd", "nothing"):
                self.assertEqual(get(path).returncode, 1, path)
            self.assertEqual(run("get", served.url).returncode, 5)
            status, said = run_json("get", "--ca", root, served.url)
            self.assertEqual((status, said["version"]), (0, "HTTP/2"))
        self.assertEqual(served.status, 0)


class Serve:
    """`bowline serve` while the block runs."""
    def __init__(self, folder, *words):
        self.words = ["serve", *words, folder]

    def __enter__(self):
        self.process = start(*self.words)
        self.url = harness.read_until(self.process.stdout, rb"(http\S+)\n")[1].decode()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=harness.PATIENCE_S)
        self.status = self.process.returncode


if __name__ == "__main__":
    unittest.main()
