"""Both ends of lesson 2 in Python, to try ours against.

usage: peer.py serve       (prints "listening on ADDR", serves one caller)
       peer.py ask ADDR    (lines from standard input)
       peer.py fragile     (a server that only expects a reset; it takes
                            its call when it has read a line)
"""
import socket
import sys


def serve():
    with socket.create_server(("127.0.0.1", 0)) as phone:
        print("listening on %s:%d" % phone.getsockname(), flush=True)
        conn, _ = phone.accept()
        with conn:
            while data := conn.recv(1024):
                conn.sendall(data.upper())


def fragile():
    with socket.create_server(("127.0.0.1", 0)) as phone:
        print("listening on %s:%d" % phone.getsockname(), flush=True)
        sys.stdin.readline()
        conn, _ = phone.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.send(data.upper())
            except ConnectionResetError as e:
                print(e)


def ask(addr):
    host, port = addr.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as conn:
        for line in sys.stdin.buffer:
            conn.sendall(line)
            answer = b""
            while len(answer) < len(line):
                answer += conn.recv(1024)
            sys.stdout.buffer.write(answer)


match sys.argv[1:]:
    case ["serve"]:
        serve()
    case ["fragile"]:
        fragile()
    case ["ask", addr]:
        ask(addr)
    case _:
        sys.exit(__doc__)
