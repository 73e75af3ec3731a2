"""TAXII 2.1 and MISP servers as sources: what they list, read to its end or with an error."""

from sigma_socdefenders.sources.servers.keys import BearerToken, Login, MispKey
from sigma_socdefenders.sources.servers.server import Server

__all__ = ["BearerToken", "Login", "MispKey", "Server"]
