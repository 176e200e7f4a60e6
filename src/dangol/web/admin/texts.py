"""Texts of the settings page: the groups, and the meanings of config.options marked for translation."""

from django.utils.translation import gettext_noop

GROUPS = {
    gettext_noop("Company"): (
        "company",
        "time_zone",
        "currency",
        "language",
        "today",
        "demo",
    ),
    gettext_noop("Storage and engine"): (
        "home",
        "database",
        "engine",
        "spark_master",
        "memory_mb",
        "threads",
        "keep_snapshots",
    ),
    gettext_noop("Lifetime value"): (
        "lifetime_horizon_days",
        "lifetime_discount_percent",
        "lifetime_model",
    ),
    gettext_noop("Web"): (
        "base_url",
        "hosts",
        "trusted_proxy",
        "debug",
    ),
    gettext_noop("E-mail"): (
        "smtp_host",
        "smtp_port",
        "smtp_user",
        "smtp_password",
        "smtp_tls",
        "mail_from",
        "dkim_domain",
        "dkim_selector",
        "dkim_key",
        "sender_name",
        "sender_contact",
    ),
    gettext_noop("Loading files"): (
        "upload_limit_mb",
        "parse_memory_mb",
        "parse_seconds",
    ),
    gettext_noop("Other sources"): (
        "source_networks",
        "source_folder",
        "source_seconds",
        "source_rows",
    ),
}
# The same sentences as in config/options.py, which knows no translation; a test keeps them equal.
MEANINGS = (
    gettext_noop("Folder of everything Dangol keeps: database, files, snapshots."),
    gettext_noop("Domain that signs the mails (DKIM), like that of `mail_from`; empty for none."),
    gettext_noop("Selector under which DNS holds the public key of the signature."),
    gettext_noop("File with the private key of the signature: RSA, PEM; empty sends mails unsigned."),
    gettext_noop("`sqlite` (a file in the home folder) or `postgresql://user:password@host:port/name`."),
    gettext_noop("Analytical engine: `duckdb` in this process, or `spark`."),
    gettext_noop("Address of the Spark master when the engine is `spark`."),
    gettext_noop("Memory limit of the analytical engine, in MiB."),
    gettext_noop("Threads of the analytical engine; 0 takes one per core."),
    gettext_noop("How many warehouse snapshots are kept; the older ones are removed after a refresh."),
    gettext_noop("Name of the company, shown on pages and in messages."),
    gettext_noop("The company's time zone: days, months and quiet hours are cut in it."),
    gettext_noop("The company's currency (ISO 4217)."),
    gettext_noop("Language of people who have chosen none: `ko` or `en`."),
    gettext_noop("Fixes the company's calendar day (for replaying past data); normally unset."),
    gettext_noop("Marks the installation as a demonstration with generated people."),
    gettext_noop("Shows details of errors. Never in production."),
    gettext_noop("Host names the web server answers to, with commas."),
    gettext_noop("Address that links in messages point to."),
    gettext_noop("Address of the proxy whose X-Forwarded-For is believed; empty for none."),
    gettext_noop("Mail server that sends campaigns and reports."),
    gettext_noop("Port of the mail server."),
    gettext_noop("User at the mail server; empty for none."),
    gettext_noop("Password at the mail server."),
    gettext_noop("`none`, `starttls` or `tls`."),
    gettext_noop("Sender of e-mail."),
    gettext_noop("Name of the sender in advertising, as the law asks for."),
    gettext_noop("Contact of the sender in advertising, as the law asks for."),
    gettext_noop("Largest file that may be loaded, in MiB."),
    gettext_noop("Memory limit of the process that parses an uploaded file, in MiB."),
    gettext_noop("Time limit of the process that parses an uploaded file, in seconds."),
    gettext_noop(
        "Private networks that SQL sources may reach, with commas, like `10.0.0.0/8,127.0.0.1`; empty allows the open "
        "internet only."
    ),
    gettext_noop("Folder in which watched folders and SQLite sources lie; empty takes `inbox` in the home folder."),
    gettext_noop("Time limit of one query to a source's database, in seconds."),
    gettext_noop("Most rows one query to a source's database may give."),
    gettext_noop("How many days ahead customers' lifetime value looks: purchases and value within so many days."),
    gettext_noop(
        "Yearly discount rate of lifetime value, in percent: at 10, a purchase in a year is worth 1 / 1.1 today."
    ),
    gettext_noop(
        "Model of lifetime value: `bg_nbd`, `mbg_nbd`, `pareto_nbd`, `sbg` (contracts) or `auto`, the best in a check."
    ),
)
