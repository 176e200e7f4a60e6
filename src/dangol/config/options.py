"""Every setting of an installation, read once from the environment and `dangol.toml`, refusing nonsense."""

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dangol.base.errors import BadInput, BadSetting
from dangol.base.money import currency
from dangol.base.network import networks

PREFIX = "DANGOL_"
FILE = "dangol.toml"
SECRET_FILE = "secret.key"  # noqa: S105


def _option(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Options:
    """The settings. Each is `DANGOL_NAME` in the environment or `name` in `dangol.toml`; the environment wins."""

    home: Path = _option(Path("dangol-home"), "Folder of everything Dangol keeps: database, files, snapshots.")
    database: str = _option(
        "sqlite", "`sqlite` (a file in the home folder) or `postgresql://user:password@host:port/name`."
    )
    engine: str = _option("duckdb", "Analytical engine: `duckdb` in this process, or `spark`.")
    spark_master: str = _option("local[2]", "Address of the Spark master when the engine is `spark`.")
    memory_mb: int = _option(4096, "Memory limit of the analytical engine, in MiB.")
    threads: int = _option(0, "Threads of the analytical engine; 0 takes one per core.")
    keep_snapshots: int = _option(
        3, "How many warehouse snapshots are kept; the older ones are removed after a refresh."
    )
    lifetime_horizon_days: int = _option(
        365, "How many days ahead customers' lifetime value looks: purchases and value within so many days."
    )
    lifetime_discount_percent: int = _option(
        10,
        "Yearly discount rate of lifetime value, in percent: at 10, a purchase in a year is worth 1 / 1.1 today.",
    )
    lifetime_model: str = _option(
        "auto",
        "Model of lifetime value: `bg_nbd`, `mbg_nbd`, `pareto_nbd`, `sbg` (contracts) or `auto`, the best in a check.",
    )
    company: str = _option("Dangol", "Name of the company, shown on pages and in messages.")
    time_zone: str = _option("Asia/Seoul", "The company's time zone: days, months and quiet hours are cut in it.")
    currency: str = _option("KRW", "The company's currency (ISO 4217).")
    language: str = _option("ko", "Language of people who have chosen none: `ko` or `en`.")
    today: date | None = _option(None, "Fixes the company's calendar day (for replaying past data); normally unset.")
    demo: bool = _option(False, "Marks the installation as a demonstration with generated people.")
    debug: bool = _option(False, "Shows details of errors. Never in production.")
    hosts: str = _option("127.0.0.1,localhost,[::1]", "Host names the web server answers to, with commas.")
    base_url: str = _option("http://127.0.0.1:8000", "Address that links in messages point to.")
    trusted_proxy: str = _option("", "Address of the proxy whose X-Forwarded-For is believed; empty for none.")
    smtp_host: str = _option("127.0.0.1", "Mail server that sends campaigns and reports.")
    smtp_port: int = _option(8025, "Port of the mail server.")
    smtp_user: str = _option("", "User at the mail server; empty for none.")
    smtp_password: str = _option("", "Password at the mail server.")
    smtp_tls: str = _option("none", "`none`, `starttls` or `tls`.")
    mail_from: str = _option("dangol@example.com", "Sender of e-mail.")
    dkim_domain: str = _option("", "Domain that signs the mails (DKIM), like that of `mail_from`; empty for none.")
    dkim_selector: str = _option("", "Selector under which DNS holds the public key of the signature.")
    dkim_key: str = _option("", "File with the private key of the signature: RSA, PEM; empty sends mails unsigned.")
    sender_name: str = _option("Dangol", "Name of the sender in advertising, as the law asks for.")
    sender_contact: str = _option("02-0000-0000", "Contact of the sender in advertising, as the law asks for.")
    upload_limit_mb: int = _option(2048, "Largest file that may be loaded, in MiB.")
    parse_memory_mb: int = _option(512, "Memory limit of the process that parses an uploaded file, in MiB.")
    parse_seconds: int = _option(900, "Time limit of the process that parses an uploaded file, in seconds.")

    source_networks: str = _option(
        "",
        "Private networks that SQL sources may reach, with commas, like `10.0.0.0/8,127.0.0.1`; empty allows the open "
        "internet only.",
    )
    source_folder: str = _option(
        "", "Folder in which watched folders and SQLite sources lie; empty takes `inbox` in the home folder."
    )
    source_seconds: int = _option(900, "Time limit of one query to a source's database, in seconds.")
    source_rows: int = _option(20_000_000, "Most rows one query to a source's database may give.")

    def __post_init__(self) -> None:
        _check(self)

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def inbox(self) -> Path:
        """The folder in which watched folders and SQLite sources lie."""
        return Path(self.source_folder).expanduser().absolute() if self.source_folder else self.home / "inbox"


CHOICES = {
    "lifetime_model": ("auto", "bg_nbd", "mbg_nbd", "pareto_nbd", "sbg"),
    "engine": ("duckdb", "spark"),
    "language": ("ko", "en"),
    "smtp_tls": ("none", "starttls", "tls"),
}
LEAST = {
    "memory_mb": 256, "threads": 0, "keep_snapshots": 2, "smtp_port": 1, "upload_limit_mb": 1, "parse_memory_mb": 128,
    "parse_seconds": 1, "lifetime_horizon_days": 1, "lifetime_discount_percent": 0,
    "source_seconds": 1, "source_rows": 1,
}  # fmt: skip


def _refuse(name: str, value: object, advice: str) -> BadSetting:
    return BadSetting(
        "The setting {name} cannot be “{value}”: {advice}", field=name, name=name, value=value, advice=advice
    )


def _check(options: Options) -> None:
    for name, allowed in CHOICES.items():
        if getattr(options, name) not in allowed:
            raise _refuse(name, getattr(options, name), f"use one of {', '.join(allowed)}.")
    for name, least in LEAST.items():
        if getattr(options, name) < least:
            raise _refuse(name, getattr(options, name), f"it must be at least {least}.")
    try:
        ZoneInfo(options.time_zone)
    except (KeyError, ValueError, OSError):
        raise _refuse("time_zone", options.time_zone, "use a name like Asia/Seoul.") from None
    try:
        currency(options.currency)
    except BadInput as error:
        raise _refuse("currency", options.currency, str(error)) from None
    if options.database != "sqlite" and urlsplit(options.database).scheme != "postgresql":
        raise _refuse("database", options.database, "use sqlite or postgresql://user:password@host:port/name.")
    try:
        networks(options.source_networks)
    except BadInput as error:
        raise _refuse("source_networks", options.source_networks, str(error)) from None
    if urlsplit(options.base_url).scheme not in ("http", "https"):
        raise _refuse("base_url", options.base_url, "it must start with http:// or https://.")


def _parse(name: str, kind: Any, value: Any) -> Any:
    """A setting's text as its type. Raises BadSetting."""
    optional = get_origin(kind) is not None and type(None) in get_args(kind)
    if optional:
        if value in ("", None):
            return None
        kind = next(part for part in get_args(kind) if part is not type(None))
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    text = str(value).strip()
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if kind is date:
            return date.fromisoformat(text)
        return kind(text)
    except (KeyError, ValueError):
        wanted = {bool: "true or false", int: "a whole number", date: "a date like 2026-11-23"}.get(kind, kind.__name__)
        raise _refuse(name, value, f"it must be {wanted}.") from None


def read(environment: Mapping[str, str]) -> Options:
    """The settings from an environment and the `dangol.toml` of its home folder.

    Raises BadSetting for a name that does not exist or a value that makes no sense.
    """
    kinds = get_type_hints(Options)
    given: dict[str, Any] = {}
    home = Path(environment.get(PREFIX + "HOME", "dangol-home")).expanduser()
    file = home / FILE
    if file.exists():
        try:
            given |= tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise _refuse(FILE, file.name, f"the file is not valid TOML ({error}).") from None
    given |= {name[len(PREFIX) :].lower(): value for name, value in environment.items() if name.startswith(PREFIX)}
    unknown = sorted(set(given) - {option.name for option in fields(Options)})
    if unknown:
        raise BadSetting(
            "There is no setting {name}. `dangol check --settings` lists them all.",
            field=unknown[0],
            name=unknown[0],
        )
    values = {name: _parse(name, kinds[name], value) for name, value in given.items()}
    return Options(**values | {"home": home.absolute()})


def secret_key(home: Path) -> str:
    """The installation's secret, made at the first start and kept in the home folder, readable by its owner only."""
    path = home / SECRET_FILE
    home.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text("ascii").strip()
