"""A small OpenID Connect provider on loopback: discovery, authorize, token, keys, userinfo, as the specification has them.

It signs in whoever `claims` says, without a form. What tests make it do wrong is in attributes of their own.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, SECRET = "lastword", "the client's secret"


class Provider:
    """State of the provider, and what is answered at each address."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signs_with: Any = self.key
        self.claims: dict[str, Any] = {"sub": "u-1", "preferred_username": "nina", "groups": ["sales-ops"]}
        self.userinfo: dict[str, Any] | None = None
        self.changes: dict[str, Any] = {}
        """What the ID token says otherwise than it should."""
        self.algorithm = "RS256"
        self.issuer = ""
        self.says_issuer: str | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.calls: list[str] = []

    def discovery(self) -> dict[str, Any]:
        addresses = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
            "userinfo_endpoint": "me",
        }
        found = {name: f"{self.issuer}/{path}" for name, path in addresses.items()}
        return found | {
            "issuer": self.says_issuer or self.issuer,
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(sent.get("code", ""), None)
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        )
        right = (
            asked is not None
            and (sent["client_id"], sent["client_secret"]) == (CLIENT_ID, SECRET)
            and sent["redirect_uri"] == asked["redirect_uri"]
            and challenge == asked["code_challenge"]
        )
        if not right or asked is None:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked.get("nonce")}
        id_token = jwt.encode(claims | self.claims | self.changes, self.signs_with, self.algorithm, headers={"kid": "k1"})
        return 200, {"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}

    def keys(self) -> dict[str, Any]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [key | {"kid": "k1", "alg": "RS256", "use": "sig"}]}


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider that answers on a free port for as long as the block runs."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            provider.calls.append(path)
            if path == "/.well-known/openid-configuration":
                self.answer(200, provider.discovery())
            elif path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            elif path == "/keys":
                self.answer(200, provider.keys())
            elif path == "/me" and self.headers["Authorization"] == "Bearer at":
                self.answer(200, provider.userinfo or provider.claims)
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            provider.calls.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
