"""Addresses and credentials of servers: where they may go, and where they never show."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest

from sigma_socdefenders.errors import InvalidKeyError, MissingKeyError, ParameterError
from sigma_socdefenders.sources import is_server, read
from sigma_socdefenders.sources.servers import BearerToken, Login, MispKey, Server
from tests.sources.servers.helpers import KEY, TOKEN, basic, opened, says, values

SECRET = "s3cret-0f-nobody-s3cret"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("taxii+http://taxii.example/", "in the clear"),
        ("misp+http://192.0.2.1/", "in the clear"),
        (f"taxii+https://anna:{SECRET}@taxii.example/", "holds credentials"),
        (f"misp+https://{SECRET}@misp.example/", "holds credentials"),
        (f"taxii+ftp://anna:{SECRET}@taxii.example/", "holds credentials"),
        ("misp+ftp://misp.example/", "not of the form"),
        ("taxii+https://taxii.example/#x", "not of the form"),
        ("taxii+https:///x", "not of the form"),
        ("taxii+https://[::1/", "not of the form"),
        ("taxii+https://xn--a/", "not of the form"),
        ("misp+https://misp.example/?page=2", "'page' .*no parameter"),
        (f"misp+https://misp.example/?{SECRET[:5]}=1&key={SECRET}", "no parameter"),
        ("misp+https://misp.example/?limit=0", "limit in the address"),
        ("misp+https://misp.example/?limit=9&limit=9", "limit in the address"),
        ("taxii+https://taxii.example/?limit=all", "limit in the address"),
        ("taxii+https://taxii.example/?next=2", "'next' .*no parameter"),
    ],
)
def test_addresses_that_are_refused(address, told):
    """What would give credentials away, or means nothing, is refused before anything is sent."""
    assert is_server(address)
    with pytest.raises(ParameterError, match=told) as caught:
        list(read([address]))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["list.txt", "-", "mİsp+https://x.example/", "https://x.example", "taxii+", "misp.json"]
)
def test_what_is_no_address(name):
    """Everything else is a file's name, as before."""
    assert not is_server(name)


def test_files_hold_credentials(environment, tmp_path, taxii, misp):
    """Each secret can be in a file of its own, which a variable names."""
    for name, text in (("SOCDEFENDERS_TAXII_TOKEN", TOKEN), ("SOCDEFENDERS_MISP_KEY", KEY)):
        environment.delenv(name)
        (tmp_path / name).write_text(f"{text}\n")
        environment.setenv(f"{name}_FILE", str(tmp_path / name))
    assert len(values(read([taxii.address, misp.address]))) == 60
    environment.setenv("SOCDEFENDERS_MISP_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(InvalidKeyError, match="No such file"):
        Server(misp.address)


def test_a_netrc_file_holds_credentials_of_hosts(environment, tmp_path, taxii, misp):
    """A host's entry goes before the environment; the default entry is nobody's."""
    environment.setenv("SOCDEFENDERS_MISP_KEY", "wrong")
    file = tmp_path / "netrc"
    environment.setenv("NETRC", str(file))
    file.write_text(f"machine 127.0.0.1 login anna password {KEY}\ndefault login x password y\n")
    taxii.token = basic("anna", KEY)
    assert len(values(read([taxii.address, misp.address]))) == 60
    file.write_text(
        f"machine other.example login anna password {SECRET}\ndefault login x password y"
    )
    taxii.token = f"Bearer {TOKEN}"
    assert len(values(read([taxii.address]))) == 35
    file.write_text(f"machine 127.0.0.1 nonsense {SECRET}\n")
    with pytest.raises(InvalidKeyError, match="malformed, line 1") as caught:
        Server(taxii.address)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_one_key_goes_to_one_server(taxii, misp, environment):
    """The environment's key is sent to one address; several servers need a netrc file."""
    other = taxii.address.replace("127.0.0.1", "localhost")
    with pytest.raises(
        ParameterError, match=r"TAXII_TOKEN would be sent to 127.0.0.1 and to local"
    ):
        list(read([taxii.address, other]))
    assert not taxii.requests
    assert len(values(read([taxii.address, taxii.address, misp.address]))) == 95


def test_missing_and_impossible_credentials(environment):
    """What is missing, or cannot be sent, is told without showing it."""
    environment.delenv("SOCDEFENDERS_MISP_KEY")
    with pytest.raises(MissingKeyError, match="set SOCDEFENDERS_MISP_KEY"):
        Server("misp+https://misp.example/")
    environment.delenv("SOCDEFENDERS_TAXII_TOKEN")
    environment.setenv("SOCDEFENDERS_TAXII_USER", "anna")
    with pytest.raises(MissingKeyError, match="without SOCDEFENDERS_TAXII_PASSWORD"):
        Server("taxii+https://taxii.example/")
    for make in (
        lambda: BearerToken(f"{SECRET} {SECRET}"),
        lambda: BearerToken(""),
        lambda: MispKey(f"{SECRET}\r\nX: y"),
        lambda: Login("an:na", SECRET),
        lambda: Login("anna", ""),
    ):
        with pytest.raises(InvalidKeyError) as caught:
            make()
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "credentials", [BearerToken(SECRET), Login("anna", SECRET), MispKey(SECRET)]
)
def test_credentials_show_nowhere(credentials, taxii, caplog):
    """No repr, log, pickle, error or traceback shows a secret, not where a server quotes it."""
    caplog.set_level(logging.DEBUG)
    quoted = {"title": f"you sent {credentials.header()['Authorization']} and {SECRET}"}
    taxii.faults.append(says(401, quoted))
    server, _ = opened(taxii.address, credentials=credentials)
    with pytest.raises(Exception, match=r"you sent \[secret\] and \[secret\]") as caught:
        list(server.records())
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    # This test's own frame knows the secret.
    del frames.stack[0]
    told = "".join(frames.format())
    assert "sigma_socdefenders" in told
    assert SECRET not in told + caplog.text + repr(server) + repr(credentials) + f"{credentials}"
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(credentials)
