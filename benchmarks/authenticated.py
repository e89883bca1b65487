"""Ingress with every sender proven: signed mails from a peer nobody trusts, beside the same mails trusted."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.mails import SENDERS
from benchmarks.programs import Load, Meter, send
from benchmarks.sizes import Ground, Size, ground, product
from benchmarks.table import Figure, Run
from core.profile_loading import SHIPPED
from tests.fakes.dns import FakeDns, fake_dns
from tests.harness.signing import SigningKey

COUNT, OCTETS = 2_000, 2_048
# So many mails come from one peer and two senders here that the usual measure would end the run.
LIMITS = "\n[limits]\n" + "".join(
    f"{name} = 1_000_000\n" for name in (
        "sender_per_minute", "sender_per_five_minutes", "sender_per_hour", "domain_per_minute", "peer_per_minute",
        "total_per_minute",
    )
)  # fmt: skip


def figures(size: Size, runs: int) -> Iterator[Figure]:
    """What proving costs; a figure without a bar, for it depends on the senders' DNS."""
    key = SigningKey.rsa()
    with fake_dns() as dns:
        for domain in {sender.rpartition("@")[2] for sender in SENDERS}:
            dns.texts[f"s1._domainkey.{domain}"] = [key.record]
            dns.texts[f"_dmarc.{domain}"] = ["v=DMARC1; p=reject"]
        pairs = [(_proven(size, key, seed, dns), _trusted(size, key, seed)) for seed in range(runs)]
    yield Figure(
        f"ingress 2 KiB, DKIM proven, {size.name}", [ours for ours, _ in pairs], [other for _, other in pairs],
        "the same mails, peer trusted",
    )  # fmt: skip


def _proven(size: Size, key: SigningKey, seed: int, dns: FakeDns) -> Run:
    return _measured(size, key, seed, GUICHE_TRUSTED_NETWORKS="", GUICHE_DNS_SERVER=dns.setting)


def _trusted(size: Size, key: SigningKey, seed: int) -> Run:
    return _measured(size, key, seed)


def _measured(size: Size, key: SigningKey, seed: int, **settings: str) -> Run:
    with ExitStack() as stack:
        place = stack.enter_context(ground(size))
        load = Load(f"signed:{_kept(key, place)}", COUNT, OCTETS, seed)
        [process] = stack.enter_context(product(place, "smtp", GUICHE_PROFILE=str(_profile(place)), **settings))
        meter = Meter([process.pid], with_servers=size.has_servers)
        result = send(process.ready["smtp"], load).result()
        return Run(load.count / (result["ended"] - result["began"]), meter.ms_each(load.count))


def _kept(key: SigningKey, place: Ground) -> Path:
    path = place.folder / "key.pem"
    path.write_bytes(key.pem)
    return path


def _profile(place: Ground) -> Path:
    path = place.folder / "instituicoes.toml"
    path.write_text((SHIPPED / "instituicoes.toml").read_text("utf-8") + LIMITS, "utf-8")
    return path
