"""Other people's WebSockets, with the command at either end, and nginx in between."""
import json
import pathlib
import subprocess
import sys
import textwrap
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import BOWLINE, PATIENCE_S, environment, needs, run, start  # noqa: E402
from peers import Interop, Nginx, Process  # noqa: E402

PYTHON_SERVER = textwrap.dedent("""
    import asyncio, ssl, sys
    import websockets
    async def echo(socket, path):
        async for message in socket:
            if message == "close":
                await socket.close(4001, "as you wish")
                return
            if message == "vanish":
                socket.transport.abort()
                return
            await socket.send(message)
    async def main():
        context = None
        if len(sys.argv) > 1:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
        async with websockets.serve(echo, "127.0.0.1", 0, subprotocols=["echo.v1"], ssl=context,
                                    max_size=None) as server:
            print("port", server.sockets[0].getsockname()[1], flush=True)
            await asyncio.Future()
    asyncio.run(main())
""")
PYTHON_CLIENT = textwrap.dedent("""
    import asyncio, os, ssl, sys
    import websockets
    async def main():
        context = ssl.create_default_context(cafile=sys.argv[2]) if len(sys.argv) > 2 else None
        async with websockets.connect(sys.argv[1], subprotocols=["x", "echo.v1"], ssl=context, max_size=None) as socket:
            sent = ["", "text \\u20ac", b"", os.urandom(70000), "x" * 300000, bytes(1000000)]
            for message in sent:
                await socket.send(message)
                assert await socket.recv() == message
            await socket.send(iter(["in ", "three ", "pieces"]))
            assert await socket.recv() == "in three pieces"
            await (await socket.ping())
            print(socket.subprotocol, [each.name for each in socket.extensions], flush=True)
    asyncio.run(main())
""")
NODE_SERVER = textwrap.dedent("""
    const { WebSocketServer } = require('ws');
    const perMessageDeflate = process.argv[1] === 'deflate';
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
    server.on('listening', () => console.log('port ' + server.address().port));
    server.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => {
        if (data.toString() === 'close') return socket.close(4001, 'as you wish');
        socket.send(data, { binary: isBinary });
      });
    });
""")
NODE_CLIENT = textwrap.dedent("""
    const WebSocket = require('ws');
    const socket = new WebSocket(process.argv[1], ['echo.v1'], { perMessageDeflate: process.argv[2] === 'deflate' });
    const sent = ['', 'text', 'x'.repeat(300000), Buffer.alloc(1000000, 'abc')];
    let count = 0;
    socket.on('open', () => { socket.ping('here?'); sent.forEach((each) => socket.send(each)); });
    let pongs = 0;
    socket.on('pong', (data) => { pongs += data.toString() === 'here?' ? 1 : 0; });
    socket.on('message', (data, isBinary) => {
      const expected = Buffer.from(sent[count]);
      if (!expected.equals(data) || isBinary !== (typeof sent[count] !== 'string')) process.exit(1);
      if (++count === sent.length) socket.close(1000, 'done');
    });
    socket.on('close', (code) => { console.log(code, pongs, socket.protocol, socket.extensions); });
    socket.on('error', (error) => { console.log(error.message); process.exit(1); });
""")


def needs_python_websockets():
    python = needs("python3")
    # The interpreter of the system: that is the one which has the package.
    system = "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else python
    if subprocess.run([system, "-c", "import websockets"], capture_output=True, check=False).returncode != 0:
        print("SKIPPED python3-websockets is not installed", flush=True)
        raise unittest.SkipTest("no websockets")
    return system


def needs_node_ws():
    node = needs("node")
    if not pathlib.Path("/usr/share/nodejs/ws").exists():
        print("SKIPPED node-ws is not installed", flush=True)
        raise unittest.SkipTest("no node-ws")
    return node


NODE_PATH = {"NODE_PATH": "/usr/share/nodejs"}


def talk(*words, lines, answers):
    """The events of a conversation that ends once so many messages have come, and the exit status."""
    process = start("ws", "--json", *words)
    process.stdin.write(lines)
    events = []
    while len(texts(events)) < answers and (line := process.stdout.readline()):
        events.append(json.loads(line))
    process.stdin.close()
    events += [json.loads(line) for line in process.stdout.read().splitlines()]
    for pipe in (process.stdout, process.stderr):
        pipe.close()
    return events, process.wait(PATIENCE_S)


def texts(events):
    return [event["text"] for event in events if event["event"] == "message"]


class Echo(Process):
    """The command as a server that sends back what comes."""

    def __init__(self, *options):
        super().__init__(BOWLINE, "ws", "-l", "--echo", "--subprotocol", "echo.v1", *options, "0",
                         ready=rb"listening on (wss?)://127\.0\.0\.1:(\d+)", env=environment())
        self.port = int(self.found[2])


class WebSockets(Interop):
    def python_server(self, *words):
        server = self.entering(Process(needs_python_websockets(), "-c", PYTHON_SERVER, *words, ready=rb"port (\d+)"))
        return int(server.found[1])

    def node_server(self, *words):
        server = self.entering(Process(needs_node_ws(), "-e", NODE_SERVER, *words, ready=rb"port (\d+)",
                                       env=environment(**NODE_PATH)))
        return int(server.found[1])

    def expect_echo(self, url, *options, compression=None):
        lines = ["hello", "\u20ac", "x" * 100_000, "", "y" * 1000]
        events, status = talk("--subprotocol", "echo.v1", *options, url, lines="\n".join(lines).encode() + b"\n",
                              answers=len(lines))
        self.assertEqual(status, 0, events)
        self.assertEqual(texts(events), lines)
        if compression is not None:
            self.assertTrue(events[0]["compression"].startswith(compression), events[0])
        self.assertEqual(events[-1]["event"], "closed")
        self.assertEqual(events[-1]["code"], 1000)
        return events

    def test_servers_of_python(self):
        port = self.python_server()
        events = self.expect_echo(f"ws://127.0.0.1:{port}/")
        self.assertEqual(events[0]["subprotocol"], "echo.v1")
        self.expect_echo(f"ws://127.0.0.1:{port}/", "--compress", compression="permessage-deflate")

    def test_servers_of_python_by_tls(self):
        port = self.python_server(self.files["web.pem"], self.files["web.key"])
        events = self.expect_echo(f"wss://localhost:{port}/", "--ca", self.files["ca.pem"])
        self.assertEqual(events[0]["security"]["version"], "1.3")
        done = run("ws", f"wss://localhost:{port}/")
        self.assertEqual(done.returncode, 5, done.stderr)

    def test_a_goodbye_of_the_server_is_told(self):
        for port in (self.python_server(), self.node_server()):
            events, status = talk(f"ws://127.0.0.1:{port}/", lines=b"close\n", answers=1)
            self.assertEqual((events[-1]["code"], events[-1]["reason"]), (4001, "as you wish"))
            self.assertEqual(status, 1)

    def test_a_server_that_vanishes_is_1006(self):
        events, status = talk(f"ws://127.0.0.1:{self.python_server()}/", lines=b"vanish\n", answers=1)
        self.assertEqual(events[-1]["code"], 1006)
        self.assertIsNotNone(events[-1]["error"])
        self.assertEqual(status, 4)

    def test_servers_of_node(self):
        self.expect_echo(f"ws://127.0.0.1:{self.node_server()}/")
        self.expect_echo(f"ws://127.0.0.1:{self.node_server('deflate')}/", "--compress",
                         compression="permessage-deflate")

    def client(self, program, script, *words, **more):
        with Process(program, "-c" if "python" in program else "-e", script, *words, ready=rb"\n", **more) as client:
            return client.seen.decode()

    def test_clients_of_python(self):
        python = needs_python_websockets()
        with Echo() as server:
            said = self.client(python, PYTHON_CLIENT, f"ws://127.0.0.1:{server.port}/")
            self.assertEqual(said, "echo.v1 []\n")
        with Echo("--compress") as server:
            said = self.client(python, PYTHON_CLIENT, f"ws://127.0.0.1:{server.port}/")
            self.assertEqual(said, "echo.v1 ['permessage-deflate']\n")
        with Echo("--cert", self.files["web.pem"], "--key", self.files["web.key"]) as server:
            said = self.client(python, PYTHON_CLIENT, f"wss://localhost:{server.port}/", self.files["ca.pem"])
            self.assertEqual(said, "echo.v1 []\n")

    def test_clients_of_node(self):
        node = needs_node_ws()
        with Echo() as server:
            said = self.client(node, NODE_CLIENT, f"ws://127.0.0.1:{server.port}/", env=environment(**NODE_PATH))
            self.assertEqual(said, "1000 1 echo.v1 \n")
        with Echo("--compress") as server:
            said = self.client(node, NODE_CLIENT, f"ws://127.0.0.1:{server.port}/", "deflate",
                               env=environment(**NODE_PATH))
            self.assertEqual(said, "1000 1 echo.v1 permessage-deflate\n")

    def test_nginx_in_between(self):
        with Echo("--any-origin") as server:
            proxy = self.entering(Nginx(self.files, proxy=server.port))
            self.expect_echo(f"wss://localhost:{proxy.port}/ws", "--ca", self.files["ca.pem"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
