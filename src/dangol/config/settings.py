"""Django's settings, derived from `options.Options`; nothing here is read from anywhere else."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy, gettext_noop

from dangol.config.options import read, secret_key

PACKAGE = Path(__file__).resolve().parent.parent
DANGOL = read(os.environ)

SECRET_KEY = secret_key(DANGOL.home)
DEBUG = DANGOL.debug
ALLOWED_HOSTS = [host.strip() for host in DANGOL.hosts.split(",") if host.strip()]
SECURE = DANGOL.base_url.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "dangol.work",
    "dangol.staff",
    "dangol.customers.consent",
    "dangol.customers.collect",
    "dangol.customers.collect.feeds",
    "dangol.customers.identify",
    "dangol.customers.quality",
    "dangol.customers.surveys",
    "dangol.insight.warehouse",
    "dangol.insight.olap.own",
    "dangol.insight.score",
    "dangol.insight.score.groups",
    "dangol.insight.analysis",
    "dangol.insight.segments",
    "dangol.insight.score.index",
    "dangol.channels",
    "dangol.campaigns.knowledge",
    "dangol.campaigns.plan",
    "dangol.campaigns.execute",
    "dangol.campaigns.evaluate",
    "dangol.privacy",
    "dangol.reports",
    "dangol.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dangol.web.middleware.SafetyHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dangol.web.middleware.Member",
    "dangol.web.middleware.Sentences",
]

ROOT_URLCONF = "dangol.config.urls"
ASGI_APPLICATION = "dangol.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dangol.web.shell.context",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "dangol.web.templatetags.dangol",
            ],
            "loaders": [
                ("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"]),
            ],
        },
    }
]


def _database() -> dict[str, object]:
    """Django's description of the operations database: SQLite in WAL mode, or PostgreSQL."""
    if DANGOL.database == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DANGOL.home / "dangol.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
                "PRAGMA mmap_size=268435456;",
            },
        }
    address = urlsplit(DANGOL.database)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.path.lstrip("/"),
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "HOST": address.hostname or "",
        "PORT": address.port or "",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "staff.Member"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"

SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "dangol.web.failures.csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
# TLS ends at the proxy, which also redirects (W008); whether sub-domains and the preload list follow is a decision
# about a whole domain that is not ours to take (W005, W021).
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_TEMP_DIR = None

LANGUAGE_CODE = DANGOL.language
LANGUAGES = [("ko", gettext_lazy("Korean")), ("en", gettext_lazy("English"))]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = sorted(path for path in (PACKAGE / "locale").glob("*") if path.is_dir())
USE_I18N = True
USE_TZ = True
TIME_ZONE = DANGOL.time_zone

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = DANGOL.mail_from

# What long work runs which function: name -> dotted path of handler(running, **arguments). See dangol.work.
JOBS = {
    "analysis.answer": "dangol.insight.analysis.actions.run",
    "collect.check": "dangol.customers.collect.actions.run_check",
    "collect.load": "dangol.customers.collect.actions.run_load",
    "collect.pull": "dangol.customers.collect.feeds.actions.pull",
    "collect.turn": "dangol.customers.collect.actions.run_turn",
    "cycle.housekeeping": "dangol.cycle.keep_house",
    "cycle.run": "dangol.cycle.run_job",
    "evaluate.judge": "dangol.campaigns.evaluate.actions.run_judge",
    "execute.send": "dangol.campaigns.execute.actions.run_send",
    "identify.follow": "dangol.customers.identify.actions.moving.follow",
    "identify.recompute": "dangol.customers.identify.golden.actions.recompute_all",
    "plan.count": "dangol.campaigns.plan.actions.run_count",
    "plan.submit": "dangol.campaigns.plan.actions.run_submit",
    "privacy.erase": "dangol.privacy.actions.run_erase",
    "privacy.notices": "dangol.privacy.actions.run_notices",
    "privacy.retain": "dangol.privacy.actions.run_retain",
    "quality.measure": "dangol.customers.quality.actions.measure",
    "index.count": "dangol.insight.score.index.actions.run_count",
    "lists.bulk": "dangol.web.lists.bulk.run_job",
    "lists.export": "dangol.web.lists.export.run_job",
    "groups.fit": "dangol.insight.score.groups.actions.run_fit",
    "reports.answer": "dangol.reports.answering.run_answer",
    "reports.file": "dangol.reports.exporting.run_file",
    "reports.send": "dangol.reports.sending.run_send",
    "score.days": "dangol.insight.score.actions.run_days",
    "score.run": "dangol.insight.score.actions.run_job",
    "segments.follow": "dangol.insight.segments.actions.follow",
    "segments.freeze": "dangol.insight.segments.actions.run_freeze",
    "segments.list": "dangol.insight.segments.actions.run_list",
    "segments.past": "dangol.insight.segments.actions.run_past",
    "segments.refresh": "dangol.insight.segments.actions.refresh",
}

# Who may use a grouping, an index or a channel's scheme: functions (member, columns) -> where, in words.
USES_OF_SCORES = (
    "dangol.insight.score.index.reads.uses",
    "dangol.insight.segments.reads.uses",
    "dangol.profile.picking.uses",
)

# Who may show an own measure: functions (member, star, name) -> where, in words.
USES_OF_MEASURES = ("dangol.reports.reads.uses",)
# Who cannot do without one: it is not taken away while they ask for it.
NEEDS_OF_MEASURES = ("dangol.insight.segments.reads.measuring",)

# What every installation starts by the clock: code -> (name, job, plan in company time, minutes until it is late).
SCHEDULES = {
    "cycle": (gettext_noop("Nightly cycle"), "cycle.run", {"every": "daily", "at": "02:00"}, 180),
    "housekeeping": (gettext_noop("Housekeeping"), "cycle.housekeeping", {"every": "daily", "at": "04:30"}, 180),
}

# Which channels are switched on: name -> dotted path of its adapter. See dangol.channels.
# A demonstration's mailbox is its own, so it can be asked what arrived.
CHANNELS = {"email": f"dangol.channels.email.{'local.LocalEmail' if DANGOL.demo else 'adapter.Email'}"}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
