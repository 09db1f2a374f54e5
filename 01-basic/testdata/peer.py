"""Both phones of lesson 1 in Python, to try ours against.

usage: peer.py listen-to-me | answer          (prints "listening on ADDR")
       peer.py hear ADDR | say ADDR WORD
"""
import socket
import sys


def serve(talk):
    with socket.create_server(("127.0.0.1", 0)) as phone:
        print("listening on %s:%d" % phone.getsockname(), flush=True)
        conn, _ = phone.accept()
        with conn:
            talk(conn)


def dial(addr):
    host, port = addr.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


def hear(conn):
    heard = b""
    while True:
        data = conn.recv(1024)
        if not data:
            return heard
        heard += data


def listen_to_me(conn):
    for _ in range(31):
        conn.send(b"hello baby~")


def answer(conn):
    conn.sendall(b"you said " + conn.recv(1024))


match sys.argv[1:]:
    case ["listen-to-me"]:
        serve(listen_to_me)
    case ["answer"]:
        serve(answer)
    case ["hear", addr]:
        with dial(addr) as conn:
            print(len(hear(conn)))
    case ["say", addr, word]:
        with dial(addr) as conn:
            conn.sendall(word.encode())  # and no half-close, like the source
            print(hear(conn).decode())
    case _:
        sys.exit(__doc__)
