"""Certificates for Docker Engines on TCP and for who may ask them, as Docker's own guide makes them."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """An authority, and what it has signed."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.certificate = folder / f"{name}.pem"
        self.key = folder / f"{name}-key.pem"
        self._make(self.certificate, self.key, f"/CN={name}", "-days", "2")

    def sign(self, name: str, usage: str, *addresses: str) -> tuple[Path, Path]:
        """A certificate and its key, for a server at these addresses or for a client."""
        certificate, key = (self.folder / f"{self.name}-{name}{end}.pem" for end in ("", "-key"))
        names = [f"subjectAltName={','.join(f'IP:{address}' for address in addresses)}"]
        extensions = [
            f"extendedKeyUsage={usage}",
            "basicConstraints=CA:FALSE",
            *names * bool(addresses),
        ]
        self._make(
            *(certificate, key, f"/CN={name}", "-days", "2", "-CA", str(self.certificate)),
            *(
                "-CAkey",
                str(self.key),
                *(word for each in extensions for word in ("-addext", each)),
            ),
        )
        return certificate, key

    @staticmethod
    def _make(certificate: Path, key: Path, subject: str, *options: str) -> None:
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        written = ["-keyout", str(key), "-out", str(certificate), "-subj", subject]
        subprocess.run(
            ["openssl", "req", "-x509", *kind, *written, *options], check=True, capture_output=True
        )
