"""The command as a client of other people's web servers, and through other people's proxies."""
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import PATIENCE_S, environment, needs, run  # noqa: E402
from peers import Interop, Process  # noqa: E402

BIG = bytes(range(256)) * 4096  # 1 MiB
NODE_ORIGIN = """
const http2 = require('http2'), fs = require('fs');
const [key, cert, port] = process.argv.slice(2);
const server = http2.createSecureServer({key: fs.readFileSync(key), cert: fs.readFileSync(cert), allowHTTP1: true});
server.on('request', (request, response) => {
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    if (request.url === '/big') return response.end(Buffer.alloc(1 << 20, 'n'));
    response.setHeader('x-method', request.method);
    response.end(Buffer.concat(parts));
  });
});
server.listen(port, '127.0.0.1', () => console.log('ready'));
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until_open(port, process):
    """Servers that say nothing once they listen; asked again and again, for there is nothing else to wait for."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError("it ended before it listened")
        time.sleep(0.05)
    raise RuntimeError("it does not listen")


class Server:
    """A program that listens on a port that it was told."""

    def __init__(self, port, *words, **more):
        self.port = port
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, **more)
        try:
            wait_until_open(port, self.process)
        except RuntimeError:
            self.process.kill()
            self.process.wait()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Web(Interop):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(cls.files["www"])
        folder.mkdir()
        folder.chmod(0o755)
        pathlib.Path(cls.files.folder.name).chmod(0o755)
        (folder / "hello.txt").write_text("hello\n", encoding="ascii")
        (folder / "big").write_bytes(BIG)

    def get(self, url, *options, expected=0):
        done = run("get", "--ca", self.files["ca.pem"], *options, url)
        self.assertEqual(done.returncode, expected, done.stderr.decode(errors="replace"))
        return done

    def facts(self, url, *options):
        """Of the last transaction."""
        return json.loads(self.get(url, "--json", *options).stdout)["transactions"][-1]

    def check_files(self, base, versions):
        for version, option in versions.items():
            self.assertEqual(self.get(base + "/hello.txt", option).stdout, b"hello\n")
            self.assertEqual(self.facts(base + "/hello.txt", option)["protocol"], version)
        copy = self.files["copy"]
        self.get(base + "/big", "-o", copy)
        self.assertEqual(hashlib.sha256(pathlib.Path(copy).read_bytes()).digest(), hashlib.sha256(BIG).digest())
        os.remove(copy)
        self.get(base + "/nothing-here", "--fail", expected=1)
        self.assertEqual(self.get(base + "/hello.txt", "--head").stdout.split(b"\r\n")[0].split()[1], b"200")

    BOTH = {"h2": "--http2", "http/1.1": "--http1.1"}

    def test_nginx(self):
        port = free_port()
        text = self.files.write("nginx.conf", f"""
daemon off; pid {self.files['nginx.pid']}; error_log stderr; events {{}}
http {{ access_log off; client_body_temp_path {self.files['body']}; proxy_temp_path {self.files['t1']};
  fastcgi_temp_path {self.files['t2']}; uwsgi_temp_path {self.files['t3']}; scgi_temp_path {self.files['t4']};
  gzip on; gzip_types text/plain; gzip_min_length 1;
  server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {self.files['web.pem']};
    ssl_certificate_key {self.files['web.key']}; root {self.files['www']}; }} }}""")
        with Server(port, needs("nginx"), "-c", text, "-p", self.files.folder.name):
            self.check_files(f"https://127.0.0.1:{port}", self.BOTH)

    def test_apache(self):
        port = free_port()
        modules = "/usr/lib/apache2/modules"
        names = ["mpm_event", "ssl", "http2", "socache_shmcb", "mime", "deflate", "filter", "authz_core", "auth_digest",
                 "authn_core", "authn_file", "authz_user"]
        self.files.write("digest", "ann:cave:" + hashlib.md5(b"ann:cave:sesame").hexdigest() + "\n")
        pathlib.Path(self.files["digest"]).chmod(0o644)
        lines = [f"LoadModule {name}_module {modules}/mod_{name}.so" for name in names]
        text = self.files.write("apache.conf", "\n".join(lines) + f"""
ServerName localhost
ServerRoot {self.files.folder.name}
PidFile {self.files['apache.pid']}
ErrorLog {self.files['apache.log']}
TypesConfig /etc/mime.types
Mutex file:{self.files.folder.name} default
Listen 127.0.0.1:{port}
User nobody
Group nogroup
Protocols h2 http/1.1
SSLEngine on
SSLCertificateFile {self.files['web.pem']}
SSLCertificateKeyFile {self.files['web.key']}
DocumentRoot {self.files['www']}
<Location /hello.txt>
  <If "req('X-Guard') == 'yes'">
    AuthType Digest
    AuthName cave
    AuthUserFile {self.files['digest']}
    Require valid-user
  </If>
</Location>
""")
        with Server(port, needs("apache2"), "-D", "FOREGROUND", "-f", text):
            base = f"https://127.0.0.1:{port}"
            self.check_files(base, self.BOTH)
            guarded = [base + "/hello.txt", "-H", "X-Guard: yes", "--fail"]
            self.get(*guarded, expected=1)
            self.assertEqual(self.get(*guarded, "-u", "ann:sesame").stdout, b"hello\n")
            self.get(*guarded, "-u", "ann:wrong", expected=1)

    def test_caddy(self):
        port = free_port()
        text = self.files.write("Caddyfile", f"""
{{
  admin off
  auto_https off
}}
https://127.0.0.1:{port} {{
  bind 127.0.0.1
  tls {self.files['web.pem']} {self.files['web.key']}
  root * {self.files['www']}
  encode gzip zstd
  file_server
}}""")
        home = {**os.environ, "HOME": self.files.folder.name}
        with Server(port, needs("caddy"), "run", "--config", text, "--adapter", "caddyfile", env=home):
            self.check_files(f"https://127.0.0.1:{port}", self.BOTH)

    def test_h2o(self):
        port = free_port()
        text = self.files.write("h2o.conf", f"""
user: nobody
num-threads: 1
listen:
  host: 127.0.0.1
  port: {port}
  ssl: {{certificate-file: {self.files['web.pem']}, key-file: {self.files['web.key']}}}
hosts: {{default: {{paths: {{/: {{file.dir: {self.files['www']}}}}}}}}}
""")
        with Server(port, needs("h2o"), "-c", text):
            self.check_files(f"https://127.0.0.1:{port}", self.BOTH)

    def test_node(self):
        port = free_port()
        script = self.files.write("origin.js", NODE_ORIGIN)
        with Process(needs("node"), script, self.files["web.key"], self.files["web.pem"], str(port), ready=rb"ready"):
            base = f"https://127.0.0.1:{port}"
            for option in self.BOTH.values():
                self.assertEqual(self.get(base + "/echo", option, "-d", "a=1").stdout, b"a=1")
                self.assertEqual(self.get(base + "/big", option).stdout, b"n" * (1 << 20))

    def test_httpbin(self):
        port = free_port()
        command = ["/usr/bin/python3", "-m", "httpbin.core", "--host", "127.0.0.1", "--port", str(port)]
        if subprocess.run(["/usr/bin/python3", "-c", "import httpbin"], capture_output=True, check=False).returncode:
            self.skipTest("python3-httpbin is not installed")
        with Server(port, *command):
            base = f"http://127.0.0.1:{port}"
            self.assertEqual(json.loads(self.get(base + "/get?a=b").stdout)["args"], {"a": "b"})
            self.assertEqual(json.loads(self.get(base + "/gzip").stdout)["gzipped"], True)
            self.assertEqual(json.loads(self.get(base + "/brotli").stdout)["brotli"], True)
            self.assertEqual(json.loads(self.get(base + "/post", "-d", "x=1").stdout)["form"], {"x": "1"})
            self.assertEqual(json.loads(self.get(base + "/cookies/set?k=v").stdout)["cookies"], {"k": "v"})
            self.assertEqual(len(self.get(base + "/redirect/5", "-v").stderr.split(b"* GET")), 7)
            self.get(base + "/status/418", "--fail", expected=1)
            for kind in ("auth/MD5", "auth/SHA-256", "auth-int/MD5"):
                quality, algorithm = kind.split("/")
                url = f"{base}/digest-auth/{quality}/ann/sesame/{algorithm}"
                self.assertEqual(json.loads(self.get(url, "-u", "ann:sesame").stdout)["authenticated"], True, kind)
            self.get(base + "/basic-auth/ann/sesame", "-u", "ann:wrong", "--fail", expected=1)
            self.assertEqual(len(self.get(base + "/stream-bytes/50000?seed=1").stdout), 50000)

    def through_all(self, proxy, *, refused=()):
        """Plain and secure through a proxy, to a server of our own."""
        with Process(*self.bowline("serve", "--plain", self.files["www"]), ready=rb"http://127.0.0.1:(\d+)/",
                     env=environment()) as plain, \
             Process(*self.bowline("serve", "--cert", self.files["web.pem"], "--key", self.files["web.key"],
                                   self.files["www"]), ready=rb"https://127.0.0.1:(\d+)/", env=environment()) as secure:
            urls = [f"http://127.0.0.1:{int(plain.found[1])}/hello.txt",
                    f"https://127.0.0.1:{int(secure.found[1])}/hello.txt"]
            for url in urls:
                self.assertEqual(self.get(url, "--proxy", proxy).stdout, b"hello\n", url)
                self.assertIn("127.0.0.1", self.facts(url, "--proxy", proxy)["proxy"])
            for wrong in refused:
                for url in urls:
                    done = run("get", "--ca", self.files["ca.pem"], "--proxy", wrong, url)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn(b"407", done.stderr)
                    self.assertEqual(done.stdout, b"")

    @staticmethod
    def bowline(*words):
        return [os.environ["BOWLINE"], *words]

    def test_squid_and_its_digest(self):
        port = free_port()
        helper = "/usr/lib/squid/digest_file_auth"
        self.files.write("passwords", "ann:px:" + hashlib.md5(b"ann:px:sesame").hexdigest() + "\n")
        pathlib.Path(self.files["passwords"]).chmod(0o644)
        text = self.files.write("squid.conf", f"""
http_port 127.0.0.1:{port}
pid_filename {self.files['squid.pid']}
cache_log /dev/null
access_log none
cache deny all
auth_param digest program {helper} -c {self.files['passwords']}
auth_param digest realm px
auth_param digest children 1
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
shutdown_lifetime 0 seconds
""")
        pathlib.Path(text).chmod(0o644)
        with Server(port, needs("squid"), "-N", "-f", text):
            self.through_all(f"http://ann:sesame@127.0.0.1:{port}",
                             refused=[f"http://ann:wrong@127.0.0.1:{port}", f"http://127.0.0.1:{port}"])

    def test_tinyproxy_that_closes_behind_its_challenge(self):
        port = free_port()
        text = self.files.write("tinyproxy.conf",
                                f"Port {port}\nListen 127.0.0.1\nBasicAuth ann sesame\nLogLevel Error\nMaxClients 20\n")
        with Server(port, needs("tinyproxy"), "-d", "-c", text):
            # To a wrong password it answers 401, as if it were the origin.
            self.through_all(f"http://ann:sesame@127.0.0.1:{port}", refused=[f"http://127.0.0.1:{port}"])

    def test_dante(self):
        port = free_port()
        text = self.files.write("dante.conf", f"""
logoutput: /dev/null
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
socksmethod: none
clientmethod: none
user.privileged: root
user.notprivileged: nobody
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
""")
        pathlib.Path(text).chmod(0o644)
        with Server(port, needs("danted"), "-f", text):
            self.through_all(f"socks5://127.0.0.1:{port}")


if __name__ == "__main__":
    unittest.main()
