"""A hub behind a certificate of one's own: refused by name, and trusted through SSL_CERT_FILE or CURL_CA_BUNDLE."""

from __future__ import annotations

import http.server
import ssl
import subprocess
import threading

import pytest

from zimu_server import zimu


@pytest.fixture
def hub(tmp_path):
    """An https server that knows no model; its address and its certificate."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_address[1]}", certificate
    server.shutdown()


def pull(hub: str, folder, **variables: str) -> str:
    """What is said about a model that only a hub could have."""
    answer = zimu("models", "pull", "somebody/whisper-own", env={
        "HF_ENDPOINT": hub, "ZIMU_MODEL_DIR": str(folder), "SSL_CERT_FILE": "", "CURL_CA_BUNDLE": "", **variables})
    assert answer.returncode != 0
    return answer.stderr.decode()


def test_unknown_certificate_is_named(hub, tmp_path):
    said = pull(hub[0], tmp_path)
    assert "is not trusted (TLS)" in said and "SSL_CERT_FILE" in said, said


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_own_certificate_is_trusted(hub, tmp_path, name):
    """The answer of the server arrives: 501 for a GET it does not know."""
    said = pull(hub[0], tmp_path, **{name: str(hub[1])})
    assert "TLS" not in said and "501" in said, said


def test_file_that_is_missing_is_named(hub, tmp_path):
    assert "SSL_CERT_FILE" in pull(hub[0], tmp_path, SSL_CERT_FILE=str(tmp_path / "nowhere.pem"))
