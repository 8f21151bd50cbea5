"""Misago's development settings, with the database's socket, the language and the folders that the test gives."""

import os

from devproject.settings import *  # noqa: F403

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "postgres",
        "HOST": os.environ["FORUM_SOCKET"],
        "PORT": "5432",
    }
}
LANGUAGE_CODE = "zh-hans"
MEDIA_ROOT = os.environ["FORUM_MEDIA"]
MISAGO_ADDRESS = os.environ["FORUM_URL"]
CELERY_TASK_ALWAYS_EAGER = True
