"""Frames in Python, to try ours against: a server that says every message
back twice as long, and a client that sends its arguments.

usage: peer.py serve          (prints "listening on ADDR")
       peer.py ask ADDR WORD…
"""
import socket
import struct
import sys


# region frames
def recv_exactly(conn, n, data=b""):
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError(f"cut after {len(data)} of {n} bytes")
        data += piece
    return data


def read_frame(conn, maximum=1 << 20):
    start = conn.recv(4)
    if not start:
        return None  # hung up between two frames: nothing is cut
    (length,) = struct.unpack(">I", recv_exactly(conn, 4, start))
    if length > maximum:
        raise ValueError(f"{length} bytes are too many")
    return recv_exactly(conn, length)


def write_frame(conn, message):
    conn.sendall(struct.pack(">I", len(message)) + message)
# endregion


match sys.argv[1:]:
    case ["serve"]:
        with socket.create_server(("127.0.0.1", 0)) as phone:
            print("listening on %s:%d" % phone.getsockname(), flush=True)
            conn, _ = phone.accept()
            with conn:
                while (message := read_frame(conn)) is not None:
                    write_frame(conn, message * 2)
    case ["ask", addr, *words]:
        host, port = addr.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as conn:
            for word in words:
                write_frame(conn, word.encode())
            for _ in words:
                if (answer := read_frame(conn)) is None:
                    sys.exit("hung up without an answer")
                print(answer.decode())
    case _:
        sys.exit(__doc__)
