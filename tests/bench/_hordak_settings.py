"""Settings of the database beside ours in which django-hordak lives, in processes of its own."""

import os

import environ

SECRET_KEY = "measuring needs none"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "mptt",
    "djmoney",
    "hordak",
]
DATABASES = {"default": environ.Env.db_url_config(os.environ["HORDAK_DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DEFAULT_CURRENCY = "GBP"
CURRENCIES = ["GBP"]
USE_TZ = True
