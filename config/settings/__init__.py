"""Django's settings. What differs between machines is read in environment.py, and only there."""

import os
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF

from config import admin_theme
from config.settings.databases import describe_cache, describe_database
from config.settings.environment import Mode, read_environment
from config.settings.logs import configure_structlog, describe_logging

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = read_environment(os.environ, BASE_DIR)
IN_PRODUCTION = ENVIRONMENT.in_production
IN_TESTS = ENVIRONMENT.mode is Mode.TEST

# ------------------------------------------------------------------- identity
DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
SECRET_KEY_FALLBACKS = list(ENVIRONMENT.secret_key_fallbacks)
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.csrf_trusted_origins)
WSGI_APPLICATION = "config.wsgi.application"
ROOT_URLCONF = "config.urls"
AUTH_USER_MODEL = "partners.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "config",
    "metrics",
    "rewards",
    "ledger",
    "partners",
    # The theme must stand before the admin it dresses.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.admin_app.SellerAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # Lets templates/django/forms replace how fields are drawn.
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentPolicy",
    "config.middleware.BrowserPermissions",
    "config.middleware.PrivatePages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # After authentication: its lines name the person by id beside the request id.
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.trouble.BusyPages",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# ----------------------------------------------------------------------- data
DATABASES = {"default": describe_database(ENVIRONMENT)}
CACHES = {"default": describe_cache(ENVIRONMENT)}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MEDIA_ROOT = ENVIRONMENT.data_dir / "media"
MEDIA_URL = "/media/"
# Uploaded files that no address leads to: only our own doors open them.
PRIVATE_ROOT = ENVIRONMENT.data_dir / "private"
# A JSON body and a form stay small; big files are streamed to disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Files of activities and partners in the admin, and how long they are kept once they were taken in.
UPLOAD_MAX_BYTES = ENVIRONMENT.upload_max_mb * 1024 * 1024
UPLOAD_KEEP_DAYS = ENVIRONMENT.upload_keep_days
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_STORAGE = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if IN_PRODUCTION
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATIC_STORAGE},
}
# Without a build step a clone serves straight from the source folders.
WHITENOISE_USE_FINDERS = not IN_PRODUCTION
WHITENOISE_AUTOREFRESH = not IN_PRODUCTION

# ---------------------------------------------------------- languages and time
LANGUAGE_CODE = ENVIRONMENT.language_code
LANGUAGES = [("en", "English"), ("uk", "Українська"), ("pl", "Polski"), ("ru", "Русский")]
# Complete: ./dev check refuses an untranslated or doubtful message in them. English is the source.
FINISHED_LANGUAGES = ["uk", "pl", "ru"]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
# Stored in UTC; a programme's own zone decides its days. This one is only for staff's screens.
TIME_ZONE = ENVIRONMENT.time_zone

# ------------------------------------------------------------------- signing in
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
# Tests sign in thousands of times with passwords that protect nothing.
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if IN_TESTS
    else [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
)
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
# What pages of the lower floors show and only the upper ones know.
PORTAL_FRAME = "config.portal.read_frame"
PARTNER_FRAME = "config.portal.frame_of"
STATEMENT_REFERENCES = "config.portal.name_references"
HOLD_REFERENCES = "config.portal.name_holds"
# Who waits for partners that become known.
AFTER_PARTNER_APPEARS = "rewards.inbox.match_what_waited"
ACCOUNT_ADAPTER = "config.accounts.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# People come by invitation, which proves the address; there is no sign-up to verify.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/h/ip,3/h/key",
    "reset_password_from_key": "20/h/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Tessera"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IN_PRODUCTION

# ------------------------------------------------------------- what browsers get
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if IN_PRODUCTION:
    # The prefix makes browsers refuse the cookie from anything but this host over https.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if ENVIRONMENT.behind_proxy:
        # Only behind a proxy that sets this header itself, and drops the visitor's.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

# ------------------------------------------------------------------------- mail
vars().update(environ.Env.email_url_config(ENVIRONMENT.email_url))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENVIRONMENT.default_from_email
SERVER_EMAIL = ENVIRONMENT.default_from_email

# ------------------------------------------------------------- background work
CELERY_BROKER_URL = ENVIRONMENT.redis_url or "memory://"
CELERY_TASK_ALWAYS_EAGER = not ENVIRONMENT.redis_url
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_IMPORTS = ["config.nightly"]
# Hourly in UTC: the database, not the clock, says which programmes have a day to close.
CELERY_BEAT_SCHEDULE = {
    "close due days": {"task": "config.nightly.close_due_days", "schedule": crontab(minute=7)},
}
# A task may run twice, even at once, and never gets lost by a killed worker.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A frozen broker costs whoever publishes two seconds; with the defaults it hangs.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_timeout": 2, "socket_connect_timeout": 1, "max_retries": 1}
    if ENVIRONMENT.redis_url
    else {}
)

# -------------------------------------------------------------------------- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "partners.doors.authentication.ApiKeyAuthentication",
        "partners.doors.authentication.MemberSession",
    ],
    # Deny by default: a view that names no scope lets nobody in.
    "DEFAULT_PERMISSION_CLASSES": ["partners.doors.permissions.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["partners.doors.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "partners.doors.pagination.CursorPage",
    "DEFAULT_FILTER_BACKENDS": ["partners.doors.filtering.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "partners.doors.schema.DoorSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    # OPTIONS and ?format= are refused like everything else that is not offered.
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "config.api_errors.problem_exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tessera API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": "/"}],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api_schema.complete",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ActivityKind": "partners.models.Activity.Kind",
        "AccountKind": "ledger.api.naming.OWNED_KINDS",
        "TransferKind": "ledger.models.Transfer.Kind",
        "PartnerStatus": "partners.models.Partner.Status",
        "MemberStatus": "partners.models.Member.Status",
        "MemberRole": "partners.models.Member.Role",
        "ProgrammeStatus": "rewards.models.Programme.Status",
        "ItemStatus": "rewards.api.batches.ITEM_STATUSES",
        "Asked": "rewards.api.kinds.ASKED",
        "ClaimState": "partners.models.SellOutClaim.State",
        "ParkingReason": "partners.models.ParkedDocument.Reason",
        "InboxStatus": "rewards.api.inbox.STATES",
        "RedemptionState": "rewards.models.Redemption.State",
        "ShareState": "rewards.models.Share.State",
        "EntitlementState": "rewards.models.Entitlement.State",
    },
}

# ------------------------------------------------------------------ admin theme
UNFOLD = admin_theme.UNFOLD
RELAXED_POLICY_PREFIX = "/admin/"

# ------------------------------------------------------------------------- logs
configure_structlog()
LOGGING = describe_logging(ENVIRONMENT)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
