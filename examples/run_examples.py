"""Runs the example programs against each other on loopback."""

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
