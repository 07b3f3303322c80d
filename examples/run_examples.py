"""Runs the example programs against each other on loopback."""

import subprocess
import sys

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
