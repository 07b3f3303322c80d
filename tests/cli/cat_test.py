"""bowline cat: bytes both ways, ends, listeners, datagrams, signals."""
import contextlib
import errno
import hashlib
import json
import os
import select
import signal
import socket
import subprocess
import threading
import unittest

from harness import (BOWLINE, PATIENCE_S, Silent, environment, listener, listening_port, port_of, read_until,
                     refusing, run, start)

MUCH = os.urandom(1 << 20) * 50


def read_all(sock):
    digest, count = hashlib.sha256(), 0
    while data := sock.recv(1 << 18):
        digest.update(data)
        count += len(data)
    return count, digest.hexdigest()


def send_much(sock):
    sock.sendall(MUCH)
    sock.shutdown(socket.SHUT_WR)


def expected():
    return len(MUCH), hashlib.sha256(MUCH).hexdigest()


def end_of(process):
    status = process.wait(PATIENCE_S)
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    return status


class Stream(unittest.TestCase):
    def test_carries_much_in_both_directions_at_once(self):
        got = {}
        with listener() as server:
            def serve():
                peer, _ = server.accept()
                with peer:
                    sender = threading.Thread(target=send_much, args=(peer,))
                    sender.start()
                    got["server"] = read_all(peer)
                    sender.join()
            thread = threading.Thread(target=serve)
            thread.start()
            done = run("cat", "127.0.0.1", port_of(server), stdin=MUCH)
            thread.join(PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(got["server"], expected())
        self.assertEqual((len(done.stdout), hashlib.sha256(done.stdout).hexdigest()), expected())

    def test_goes_on_receiving_after_the_end_of_input(self):
        with listener() as server:
            process = start("cat", "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            with peer:
                process.stdin.write(b"question\n")
                process.stdin.close()
                self.assertEqual(read_all(peer)[0], 9)
                peer.sendall(b"answer\n")
            self.assertEqual(process.stdout.read(), b"answer\n")
            self.assertEqual(end_of(process), 0)

    def test_goes_on_sending_after_the_peers_end(self):
        with listener() as server:
            process = start("cat", "--keep-open", "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"hello\n")
                peer.shutdown(socket.SHUT_WR)
                self.assertEqual(process.stdout.read(), b"hello\n", "whoever reads our output sees the end")
                process.stdin.write(b"still here\n")
                process.stdin.close()
                self.assertEqual(read_all(peer)[0], 11)
            self.assertEqual(end_of(process), 0)

    def test_ends_with_the_peer_though_its_input_is_open(self):
        """Whether input is a pipe, a terminal, a socket, or said something before."""
        terminal, keyboard = os.openpty()
        ours, theirs = socket.socketpair()
        pipe_out, pipe_in = os.pipe()
        self.addCleanup(lambda: [os.close(one) for one in (terminal, keyboard, pipe_out, pipe_in)])
        self.addCleanup(lambda: [one.close() for one in (ours, theirs)])
        os.write(pipe_in, b"first words\n")
        for stdin, said in ((subprocess.PIPE, b""), (keyboard, b""), (theirs, b""), (pipe_out, b"first words\n")):
            with self.subTest(stdin=stdin), listener() as server:
                process = subprocess.Popen([BOWLINE, "cat", "127.0.0.1", port_of(server)], stdin=stdin,
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment())
                peer, _ = server.accept()
                with peer:
                    heard = peer.recv(100) if said else b""
                    peer.sendall(b"bye\n")
                self.assertEqual(heard, said)
                self.assertEqual(process.stdout.read(), b"bye\n")
                self.assertEqual(process.wait(PATIENCE_S), 0)
                process.stdout.close()
                if process.stdin:
                    process.stdin.close()

    def test_sends_all_of_its_input_to_a_peer_that_ended_first(self):
        with listener() as server, open("/dev/zero", "rb") as zeros:
            feeder = subprocess.Popen(["head", "-c", "3000000"], stdin=zeros, stdout=subprocess.PIPE)
            process = subprocess.Popen([BOWLINE, "cat", "127.0.0.1", port_of(server)], stdin=feeder.stdout,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
            feeder.stdout.close()
            peer, _ = server.accept()
            with peer:
                peer.shutdown(socket.SHUT_WR)
                self.assertEqual(read_all(peer)[0], 3000000)
            self.assertEqual((process.wait(PATIENCE_S), feeder.wait(PATIENCE_S)), (0, 0))

    def test_takes_no_more_input_than_the_peer_takes(self):
        with listener() as server:
            process = start("cat", "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            with peer:
                os.set_blocking(process.stdin.fileno(), False)
                written = 0
                while select.select([], [process.stdin], [], 1)[1]:
                    written += os.write(process.stdin.fileno(), MUCH[:1 << 16])
                self.assertLess(written, len(MUCH), "the rest waits with whoever writes our input")
                process.stdin.close()
                self.assertEqual(read_all(peer)[0], written)
            self.assertEqual(end_of(process), 0)

    def test_takes_no_more_from_the_peer_than_is_read(self):
        with listener() as server:
            process = start("cat", "127.0.0.1", port_of(server))
            process.stdin.close()
            peer, _ = server.accept()
            with peer:
                peer.setblocking(False)
                sent = 0
                while select.select([], [peer], [], 1)[1]:
                    sent += peer.send(MUCH[:1 << 16])
                self.assertLess(sent, len(MUCH))
                peer.shutdown(socket.SHUT_WR)
                self.assertEqual(len(process.stdout.read()), sent)
            self.assertEqual(end_of(process), 0)

    def test_reports_a_peer_that_breaks_off(self):
        with listener() as server:
            process = start("cat", "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            read_until(process.stderr, rb"connected to")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()
            self.assertIn(b"reset", process.stderr.read())
            self.assertEqual(end_of(process), 4)

    def test_refused_is_a_failure_before_input_is_touched(self):
        with refusing() as sock:
            done = run("cat", "127.0.0.1", port_of(sock), stdin=b"x")
        self.assertEqual((done.returncode, done.stdout), (4, b""))
        self.assertIn(b"ECONNREFUSED", done.stderr)

    def test_a_reader_who_has_had_enough_is_no_failure(self):
        with listener() as server:
            process = start("cat", "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            with peer:
                process.stdout.close()
                try:
                    peer.sendall(MUCH)
                except OSError:
                    pass
            self.assertEqual(process.wait(PATIENCE_S), 0)
            self.assertEqual(process.stderr.read().count(b"\n"), 1, "only who is connected")
            process.stdin.close()
            process.stderr.close()

    def run_with(self, words, **streams):
        """Status, events and other lines on standard error of a run on a peer that sends and then ends."""
        with listener() as server:
            process = subprocess.Popen([BOWLINE, "cat", *words, "127.0.0.1", port_of(server)], **streams,
                                       stderr=subprocess.PIPE, env=environment())
            peer, _ = server.accept()
            with peer:
                with contextlib.suppress(OSError):  # one that cannot go on may have reset the connection
                    peer.sendall(b"hello")
                    peer.shutdown(socket.SHUT_WR)
                lines = process.communicate(timeout=PATIENCE_S)[1].splitlines()
        return process.returncode, lines

    def test_says_when_its_input_cannot_be_read(self):
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        streams = {"stdin": folder, "stdout": subprocess.DEVNULL}
        status, lines = self.run_with(["--json"], **streams)
        events = [json.loads(line) for line in lines]
        self.assertEqual([one["event"] for one in events], ["connected", "ended"])
        self.assertEqual(events[1]["error"]["code"], errno.EISDIR)
        self.assertEqual(status, 4)
        status, lines = self.run_with([], **streams)
        self.assertRegex(lines[-1], rb"bowline: read standard input.*EISDIR")
        self.assertEqual((status, len(lines)), (4, 2))

    def test_says_when_its_output_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            streams = {"stdin": subprocess.DEVNULL, "stdout": full}
            status, lines = self.run_with(["--json"], **streams)
            events = [json.loads(line) for line in lines]
            self.assertEqual([one["event"] for one in events], ["connected", "ended"])
            self.assertEqual((events[1]["error"]["code"], events[1]["received_bytes"]), (errno.ENOSPC, 5))
            self.assertEqual(status, 4)
            status, lines = self.run_with([], **streams)
        self.assertRegex(lines[-1], rb"bowline: write standard output.*ENOSPC")
        self.assertEqual((status, len(lines)), (4, 2))

    def test_says_which_standard_descriptors_are_closed(self):
        def close(*descriptors):
            return {"preexec_fn": lambda: [os.close(one) for one in descriptors]}
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        status, lines = self.run_with([], **quiet, **close(0))
        self.assertEqual((status, len(lines)), (0, 1), "nothing to say is no failure")
        for descriptors, pattern in (((1,), rb"write standard output.*EBADF"),
                                     ((0, 1), rb"write standard output.*EBADF")):
            status, lines = self.run_with([], **quiet, **close(*descriptors))
            self.assertEqual(status, 4)
            self.assertRegex(lines[-1], pattern)

    def test_waits_for_room_in_an_output_that_does_not_block(self):
        ours, theirs = os.pipe()
        os.set_blocking(theirs, False)
        with listener() as server, open(ours, "rb") as reading:
            process = subprocess.Popen([BOWLINE, "cat", "127.0.0.1", port_of(server)],
                                       stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE,
                                       env=environment())
            os.close(theirs)
            peer, _ = server.accept()
            with peer:
                sender = threading.Thread(target=send_much, args=(peer,))
                sender.start()
                got = reading.read()
                sender.join()
            self.assertEqual((len(got), hashlib.sha256(got).hexdigest()), expected())
            process.communicate(timeout=PATIENCE_S)
            self.assertEqual(process.returncode, 0)

    def test_waits_for_an_input_that_does_not_block(self):
        theirs, ours = os.pipe()
        os.set_blocking(theirs, False)
        with listener() as server:
            process = subprocess.Popen([BOWLINE, "cat", "127.0.0.1", port_of(server)], stdin=theirs,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0,
                                       env=environment())
            os.close(theirs)
            peer, _ = server.accept()
            with peer:
                read_until(process.stderr, rb"connected to")
                for word in (b"one", b"two"):
                    os.write(ours, word)
                    self.assertEqual(peer.recv(100), word)
                os.close(ours)
                self.assertEqual(peer.recv(100), b"")
            process.stderr.close()
            self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_ends_when_interrupted(self):
        with listener() as server:
            process = start("cat", "127.0.0.1", port_of(server))
            read_until(process.stderr, rb"connected to")
            process.send_signal(signal.SIGINT)
            self.assertEqual(end_of(process), 130)


    def interrupt(self, process):
        """The last event of an interrupted run, and its status."""
        process.send_signal(signal.SIGINT)
        events = [line for line in process.stderr.read().splitlines() if line.startswith(b"{")]
        return json.loads(events[-1]), end_of(process)

    def test_tells_programs_that_it_was_interrupted(self):
        with listener() as server:
            process = start("cat", "--json", "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            with peer:
                read_until(process.stderr, rb'"connected".*\n')
                peer.sendall(b"12345")
                self.assertEqual(process.stdout.read(5), b"12345")
                event, status = self.interrupt(process)
            self.assertEqual((status, event["event"], event["error"]["kind"]), (130, "ended", "cancelled"))
            self.assertEqual((event["peer"], event["received_bytes"]), (f"127.0.0.1:{port_of(server)}", 5))

    def test_tells_programs_that_it_was_interrupted_before_it_was_connected(self):
        with Silent() as peer:
            process = start("cat", "--json", "127.0.0.1", peer.port, BOWLINE_LOG="trace")
            read_until(process.stderr, rb"attempt_started")
            event, status = self.interrupt(process)
        self.assertEqual((status, event["event"], event["error"]["kind"]), (130, "ended", "cancelled"))
        self.assertEqual((event["peer"], event["sent_bytes"], event["received_bytes"]), (None, 0, 0))


class Listening(unittest.TestCase):
    def test_takes_one_peer_and_then_ends(self):
        process = start("cat", "-l", "--keep-open", "127.0.0.1", "0")
        port = listening_port(process)
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"ping")
            peer.shutdown(socket.SHUT_WR)
            process.stdin.write(b"pong")
            process.stdin.close()
            self.assertEqual(read_all(peer)[0], 4)
        self.assertEqual(process.stdout.read(), b"ping")
        self.assertRegex(process.stderr.read(), rb"connection from 127\.0\.0\.1:\d+\n")
        self.assertEqual(end_of(process), 0)

    def test_listens_on_every_address_unless_told(self):
        process = start("cat", "-l", "0")
        port = listening_port(process)
        process.stdin.close()
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"x")
        self.assertEqual(process.stdout.read(), b"x")
        self.assertEqual(end_of(process), 0)

    def test_listens_in_one_family_if_told(self):
        """-4 and -6 share a port; each refuses the other's peers."""
        for protocol in ([], ["--udp"]):
            four = start("cat", "-l", "-4", *protocol, "0")
            port = str(listening_port(four))
            six = start("cat", "-l", "-6", *protocol, port)
            self.assertEqual(str(listening_port(six)), port)
            both = run("cat", "-l", *protocol, port)
            self.assertEqual(both.returncode, 4)
            self.assertIn(b"EADDRINUSE", both.stderr)
            kind = socket.SOCK_DGRAM if protocol else socket.SOCK_STREAM
            for family, address, process in ((socket.AF_INET6, "::1", six), (socket.AF_INET, "127.0.0.1", four)):
                with socket.socket(family, kind) as peer:
                    peer.connect((address, int(port)))
                    peer.sendall(address.encode())
                    self.assertEqual(process.stdout.read(len(address)), address.encode())
                process.kill()
                end_of(process)
        six = start("cat", "-l", "-6", "0")
        port = listening_port(six)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
        six.kill()
        end_of(six)

    def test_keeps_listening_for_one_peer_after_another(self):
        process = start("cat", "-l", "-k", "127.0.0.1", "0")
        port = listening_port(process)
        process.stdin.close()
        for text in (b"first ", b"second ", b"third "):
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.sendall(text)
                peer.shutdown(socket.SHUT_WR)
                self.assertEqual(read_all(peer)[0], 0)
            self.assertEqual(process.stdout.read(len(text)), text)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(end_of(process), 130)

    def test_goes_on_to_the_next_peer_when_one_resets_behind_its_end(self):
        process = start("cat", "-l", "-k", "127.0.0.1", "0")
        port = listening_port(process)
        for text in (b"first ", b"second "):
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.sendall(text)
                peer.shutdown(socket.SHUT_WR)
                self.assertEqual(process.stdout.read(len(text)), text)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            read_until(process.stderr, rb"reset")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(end_of(process), 130)

    def test_tells_programs_that_it_was_interrupted_between_peers(self):
        process = start("cat", "--json", "-l", "-k", "127.0.0.1", "0")
        port = int(json.loads(read_until(process.stderr, rb".*\n")[0])["local"].split(":")[1])
        process.stdin.close()
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.shutdown(socket.SHUT_WR)
            self.assertEqual(read_all(peer)[0], 0)
        read_until(process.stderr, rb'"ended".*\n')
        process.send_signal(signal.SIGTERM)
        [ended] = [json.loads(line) for line in process.stderr.read().splitlines()]
        self.assertEqual((ended["event"], ended["peer"]), ("ended", None))
        self.assertEqual(ended["error"]["kind"], "cancelled")
        self.assertEqual(end_of(process), 130)

    def test_waits_for_a_peer_no_longer_than_told(self):
        self.assertEqual(run("cat", "-l", "--timeout", "0.1", "127.0.0.1", "0").returncode, 7)

    def test_says_that_the_port_is_taken(self):
        with listener() as server:
            done = run("cat", "-l", "127.0.0.1", port_of(server))
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"EADDRINUSE", done.stderr)

    def test_refuses_options_that_mean_nothing_here(self):
        for words in (["-k", "h", "1"], ["-l", "--source", "127.0.0.1", "1"], ["-l", "name.test", "1"],
                      ["-l", "--wait", "1"], ["-l", "99999"], ["-l", "-6", "127.0.0.1", "1"],
                      ["-l", "-6", "::ffff:127.0.0.1", "1"]):
            with self.subTest(words=words):
                self.assertEqual(run("cat", *words).returncode, 2)

    def test_tells_programs_what_happens_as_json_lines(self):
        process = start("cat", "--json", "-l", "127.0.0.1", "0")
        event = json.loads(read_until(process.stderr, rb".*\n")[0])
        self.assertEqual(event["event"], "listening")
        process.stdin.close()
        with socket.create_connection(("127.0.0.1", int(event["local"].split(":")[1]))) as peer:
            peer.sendall(b"12345")
        self.assertEqual(process.stdout.read(), b"12345")
        events = [json.loads(line) for line in process.stderr.read().splitlines()]
        self.assertEqual([one["event"] for one in events], ["connected", "ended"])
        ended = events[1]
        self.assertEqual((ended["received_bytes"], ended["sent_bytes"], ended["error"]), (5, 0, None))
        self.assertEqual(end_of(process), 0)


class Framed(unittest.TestCase):
    def exchange(self, framing, lines, answer):
        """What the peer got for these lines, and what was written of its answer."""
        with listener() as server:
            process = start("cat", "--timeout", "0.3", "--frame", framing, "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            with peer:
                process.stdin.write(lines)
                process.stdin.close()
                peer.sendall(answer)
                got = b""
                while piece := peer.recv(65536):
                    got += piece
            written = process.stdout.read()
            self.assertEqual(end_of(process), 0)
        return got, written

    def test_lines_are_messages_of_each_framing(self):
        for framing, sent, got in (
                ("length", b"one\n\n", b"\0\0\0\3one\0\0\0\0"), ("length:2", b"one", b"\0\3one"),
                ("line", b"one\ntwo\n", b"one\ntwo\n"), ("varint", b"one\n", b"\3one"),
                ("slip", b"one\n", b"\xc0one\xc0"), ("cobs", b"one\n", b"\4one\0"),
                ("json", b'{"a":1}\n', b'{"a":1}\n'), ("json-seq", b"17\n", b"\x1e17\n"),
                ("tlv", b"7 one\n8\n", b"\7\0\3one\x08\0\0"), ("tlv:2:4", b"258 one", b"\1\2\0\0\0\3one")):
            lines = sent if sent.endswith(b"\n") else sent + b"\n"
            expected_lines = lines.replace(b"8\n", b"8 \n") if framing == "tlv" else lines
            self.assertEqual(self.exchange(framing, sent, got), (got, expected_lines), framing)

    def test_a_message_that_breaks_the_framing_ends_it(self):
        with listener() as server:
            process = start("cat", "--frame", "length:1", "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"\5abc")
            self.assertIn(b"inside a message", process.stderr.read())
            self.assertEqual(end_of(process), 6)

    def test_words_that_make_no_sense(self):
        for word in ("", "lines", "length:3", "tlv:1", "tlv:1:3", "line:1", "length:x"):
            done = run("cat", "--frame", word, "127.0.0.1", "1")
            self.assertEqual(done.returncode, 2, word)
        self.assertEqual(run("cat", "--udp", "--frame", "line", "127.0.0.1", "1").returncode, 2)
        self.assertEqual(run("cat", "--frame", "tlv", "-l", "127.0.0.1", "70000").returncode, 2)


class Datagrams(unittest.TestCase):
    def test_sends_each_read_as_one_datagram_and_writes_what_comes_back(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(PATIENCE_S)
            peer.bind(("127.0.0.1", 0))
            process = start("cat", "--udp", "--timeout", "0.3", "127.0.0.1", port_of(peer))
            process.stdin.write(b"one")
            data, sender = peer.recvfrom(65536)
            self.assertEqual(data, b"one")
            peer.sendto(b"two", sender)
            self.assertEqual(process.stdout.read(3), b"two")
            process.stdin.write(b"three")
            self.assertEqual(peer.recvfrom(65536)[0], b"three")
            process.stdin.close()
            self.assertEqual(end_of(process), 0)

    def test_listens_for_datagrams(self):
        process = start("cat", "-l", "--udp", "--timeout", "10", "127.0.0.1", "0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(PATIENCE_S)
            peer.connect(("127.0.0.1", listening_port(process)))
            peer.send(b"ping")
            self.assertEqual(process.stdout.read(4), b"ping")
            process.stdin.write(b"pong")
            self.assertEqual(peer.recv(100), b"pong")
        process.send_signal(signal.SIGINT)
        self.assertEqual(end_of(process), 130)

    def test_reports_a_port_where_nobody_listens(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
            unused.bind(("127.0.0.1", 0))
            port = port_of(unused)
        done = run("cat", "--udp", "--timeout", "5", "127.0.0.1", port, stdin=b"x")
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"ECONNREFUSED", done.stderr)


if __name__ == "__main__":
    unittest.main()
