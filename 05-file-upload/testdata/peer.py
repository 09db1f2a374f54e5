"""A peer of protocol 1 in Python's socket, for the tests.

    python3 peer.py send HOST PORT MANNER FILE...
    python3 peer.py serve COUNT        (prints its port; receives COUNT files)

The server keeps to what such programs usually do: one recv for the length,
one for the JSON, and recv(1024) until the file is full.
"""
import json
import os
import socket
import struct
import sys
import time


def announce(path, escape):
    head = {"file_name": os.path.basename(path), "file_size": os.path.getsize(path), "msg": "你好"}
    return json.dumps(head, ensure_ascii=escape).encode("utf-8")


def send(host, port, manner, paths):
    conn = socket.create_connection((host, int(port)), timeout=20)
    if manner == "halves":  # or Nagle's algorithm would put them together
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for path in paths:
        head = announce(path, escape=manner != "utf8")
        size = struct.pack("<i", len(head))
        if manner == "halves":  # the length in two segments, the JSON too
            for part in (size[:2], size[2:], head[:9], head[9:]):
                conn.send(part)
                time.sleep(0.02)
        else:
            conn.sendall(size)
            conn.sendall(head)
        with open(path, "rb") as f:
            conn.sendfile(f) if manner == "sendfile" else [conn.sendall(line) for line in f]
    if manner == "abrupt":  # slams the phone right behind the last byte
        # A reset throws away what our own kernel has not delivered yet:
        # that loss would be ours, so wait until there is none.
        import fcntl
        import termios

        while struct.unpack("i", fcntl.ioctl(conn, termios.TIOCOUTQ, b"    "))[0] > 0:
            time.sleep(0.001)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif manner != "gone":  # nothing may have come back
        conn.shutdown(socket.SHUT_WR)
        assert conn.recv(1) == b"", "the server said something"
    conn.close()


# region serve
def serve(count):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(5)
    print(listener.getsockname()[1], flush=True)
    for _ in range(int(count)):
        conn, _ = listener.accept()
        conn.settimeout(20)
        (length,) = struct.unpack("<i", conn.recv(4))
        head = json.loads(conn.recv(length).decode("utf-8"))
        got = 0
        with open(head["file_name"], "wb") as f:
            while got < head["file_size"]:
                data = conn.recv(1024)
                assert data, "cut off"
                f.write(data)
                got += len(data)
        assert conn.recv(4) == b"", "more than one file"
        conn.close()


# endregion


if sys.argv[1] == "send":
    send(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
else:
    serve(sys.argv[2])
