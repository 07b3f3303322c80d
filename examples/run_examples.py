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
