"""Logs: one JSON object a line on stderr in production, readable lines elsewhere.

Every line carries the request id; the middleware and the worker step of django-structlog bind it.
"""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings.environment import Environment, Mode

# Whoever has such a link may join a team or set a password: a log is no place for it.
ONE_TIME_LINK = re.compile(r"(/invitation/|/password/reset/key/)[^/\s\"']+")


def hide_links(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Leave out of every text of a line what makes a one-time link work."""
    return {
        name: ONE_TIME_LINK.sub(r"\1...", value) if isinstance(value, str) else value
        for name, value in line.items()
    }


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    hide_links,
]


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def describe_logging(env: Environment) -> dict[str, Any]:
    renderer: Processor = structlog.processors.JSONRenderer()
    if not env.in_production:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*SHARED, structlog.processors.format_exc_info],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    # In development a command answers on the terminal: only what needs attention interrupts it.
    level = env.log_level if env.in_production else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # Their warnings are answers to clients (404, 403): expected in a test, not news.
            "django.request": {"level": "ERROR" if env.mode is Mode.TEST else level},
            "django_structlog": {"level": "ERROR" if env.mode is Mode.TEST else level},
        },
    }
