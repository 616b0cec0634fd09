"""Answers as Ollama does, or as what people find in its place: fake_ollama.py ADDRESS MODE [MODEL…].

MODE: ollama, html (a web page), or a status such as 404, 500, 502, 401; dns answers "no such name" on UDP port 53 instead.
"""

import http.server
import json
import socket
import sys

ADDRESS, MODE, MODELS = sys.argv[1], sys.argv[2], sys.argv[3:]
PORT = 11434


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, kind, body = 200, "application/json", {"error": "not found"}
        if MODE == "html":
            kind, body = "text/html; charset=utf-8", "<!DOCTYPE html><title>Welcome</title>"
        elif MODE.isdigit():
            status, kind, body = int(MODE), "text/html", f"<html><body>{MODE}</body></html>"
        elif self.path.endswith("/api/version"):
            body = {"version": "0.12.6"}
        elif self.path.endswith("/api/tags"):
            body = {"models": [{"name": name} for name in MODELS]}
        else:
            status = 404
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def answer_names():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((ADDRESS, 53))
    print("ready", flush=True)
    while True:
        query, peer = server.recvfrom(512)
        # The same id and question, "response, recursion available, NXDOMAIN" (RFC 1035 section 4.1.1).
        server.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:], peer)


if MODE == "dns":
    answer_names()
with http.server.ThreadingHTTPServer((ADDRESS, PORT), Handler) as running:
    print("ready", flush=True)
    running.serve_forever()
