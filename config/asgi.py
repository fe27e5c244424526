"""The web process behind an ASGI server; everything in it is synchronous today."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("TESSERA_PROCESS", "web")

application = get_asgi_application()
