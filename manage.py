#!/usr/bin/env python3
"""Django's command line. ./dev manage runs it in the locked environment."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["runserver"]:
        os.environ.setdefault("TESSERA_PROCESS", "web")
    execute_from_command_line(sys.argv)
