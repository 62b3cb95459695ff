"""Believes a portal in front of the hub, by the package of SwarmSpawner's authors.

Classes cannot be named in the JSON that the tests' hubs get their settings as.
"""

from jhubauthenticators import HeaderAuthenticator, RegexUsernameParser
from traitlets import default


class PortalAuthenticator(HeaderAuthenticator):
    """The name is an address within the distinguished name that the portal sends."""

    @default("header_parser_classes")
    def _parsers(self) -> dict[str, type]:
        return {"auth": RegexUsernameParser}
