"""Runs the example programs against each other on loopback."""

import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

folder = sys.argv[1]
server = subprocess.Popen([folder + "/example_echo_server"], stdout=subprocess.PIPE, text=True)
try:
    port = server.stdout.readline().strip()
    command = [folder + "/example_hello", "localhost", port]
    client = subprocess.run(command, capture_output=True, text=True, timeout=30)
finally:
    server.terminate()
    server.wait()
print(client.stdout, client.stderr, sep="")
if client.returncode != 0 or "says: hello" not in client.stdout or "attempts" not in client.stdout:
    sys.exit("the client did not get its echo")

server = subprocess.Popen([folder + "/example_ending_server"], stdout=subprocess.PIPE, text=True)
try:
    port = int(server.stdout.readline())
    with socket.create_connection(("localhost", port), timeout=30) as client:
        client.sendall(b"hello")
        echoed = client.recv(5, socket.MSG_WAITALL)
        server.send_signal(signal.SIGINT)
        end = client.recv(1)
    told, _ = server.communicate(timeout=30)
finally:
    server.kill()
    server.wait()
if echoed != b"hello" or end != b"" or told != "finishing\nended\n" or server.returncode != 0:
    sys.exit(f"the server did not end well: {echoed} {end} {told!r} {server.returncode}")

server = subprocess.Popen([folder + "/example_web_server"], stdout=subprocess.PIPE, text=True)
try:
    url = f"http://127.0.0.1:{int(server.stdout.readline())}/hello"
    client = subprocess.run([folder + "/example_fetch", url], capture_output=True, text=True, timeout=30)
    server.terminate()
    server.communicate(timeout=30)
finally:
    server.kill()
    server.wait()
print(client.stdout, client.stderr, sep="")
if client.returncode != 0 or "200, 6 bytes\nhello" not in client.stdout or server.returncode != 0:
    sys.exit("the page was not fetched")

# Each of these has its own server, and ends with 0 if it saw what it shows.
for name in ["download", "upload", "pieces", "together", "form", "visits", "password", "stored", "proxied"]:
    with tempfile.TemporaryDirectory() as place:
        command = [folder + "/example_" + name] + ([place + "/file"] if name in ("download", "visits") else [])
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    print(f"{name}: {done.stdout}", done.stderr, sep="")
    if done.returncode != 0 or not done.stdout:
        sys.exit(f"the example {name} did not show what it promises")
server = subprocess.Popen([folder + "/example_chat_server"], stdout=subprocess.PIPE, text=True)
try:
    port = int(server.stdout.readline())
    with socket.create_connection(("127.0.0.1", port), timeout=30) as guest:
        guest.sendall(b"GET /?name=anna HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        heard = b""
        while b"anna comes in" not in heard:
            heard += guest.recv(4096)
        server.send_signal(signal.SIGINT)
        while b"the room closes" not in heard and (piece := guest.recv(4096)):
            heard += piece
        guest.sendall(b"\x88\x80\0\0\0\0")
    server.communicate(timeout=30)
finally:
    server.kill()
    server.wait()
if b"the room closes" not in heard or server.returncode != 0:
    sys.exit(f"the chat did not go well: {heard!r} {server.returncode}")

for name, wanted in (("device", "target 19\ntype 2: 21.5\n"), ("json_rpc", "7: 42\n")):
    program = pathlib.Path(folder) / f"example_{name}"
    if not program.exists():
        print(f"SKIPPED {name} needs nlohmann-json")
        continue
    done = subprocess.run([program], capture_output=True, text=True, timeout=30)
    if done.stdout != wanted or done.returncode != 0:
        sys.exit(f"{name} said {done.stdout!r} {done.stderr!r}")

# The small programs.
def expect(what, holds):
    if not holds:
        sys.exit(f"{what} did not do what it promises")


def started(name, *words):
    """A server that prints its port, and that port."""
    process = subprocess.Popen([folder + "/example_" + name, *words], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def said_by(name, *words, stdin=None):
    return subprocess.run([folder + "/example_" + name, *words], input=stdin, capture_output=True, text=True,
                          timeout=30).stdout


chat, port = started("chat")
try:
    guests = [socket.create_connection(("localhost", port), timeout=30) for _ in range(2)]
    guests[1].sendall(b"here\n")
    first = guests[0].makefile("rb").readline()
    guests[0].sendall(b"hello all\n")
    second = guests[1].makefile("rb").readline()
    chat.send_signal(signal.SIGINT)
    ends = [guest.recv(1) for guest in guests]
    expect("chat", (first, second, ends) == (b"here\n", b"hello all\n", [b"", b""]) and chat.wait(timeout=30) == 0)
finally:
    chat.kill()
    chat.wait()

with socket.create_server(("127.0.0.1", 0)) as opened:
    port = str(opened.getsockname()[1])
    expect("scan", said_by("scan", "127.0.0.1", port, port) == f"{port} open\n")

expect("names", "127.0.0.1" in said_by("names", stdin="localhost\nno..name\n"))

echo, echo_port = started("echo_server")
forward, port = started("forward", "0", "localhost", str(echo_port))
try:
    with socket.create_connection(("localhost", port), timeout=30) as client:
        client.sendall(b"x" * 100_000)
        client.shutdown(socket.SHUT_WR)
        back = b""
        while piece := client.recv(65536):
            back += piece
    expect("forward", back == b"x" * 100_000)
    if pathlib.Path(folder + "/example_in_asio").exists():
        expect("in_asio", said_by("in_asio", "localhost", str(echo_port)) == "hello\n")
    else:
        print("SKIPPED in_asio needs Asio")
finally:
    for process in (forward, echo):
        process.kill()
        process.wait()

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 0))
    server.settimeout(30)
    asking = subprocess.Popen([folder + "/example_question", "127.0.0.1", str(server.getsockname()[1]), "how?"],
                              stdout=subprocess.PIPE, text=True)
    server.recvfrom(100)  # and no answer: the question comes again
    asked, client = server.recvfrom(100)
    server.sendto(b"so", client)
    told, _ = asking.communicate(timeout=30)
    expect("question", (asked, told, asking.returncode) == (b"how?", "so\n", 0))
