"""Fills a new forum with the threads that standard input lists as JSON. Run by Misago's own Python."""

import json
import sys
from datetime import datetime

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from misago.categories.models import Category  # noqa: E402
from misago.threads.checksums import update_post_checksum  # noqa: E402
from misago.threads.models import Post, Thread  # noqa: E402
from misago.users.avatars import dynamic  # noqa: E402


def writer(name: str) -> object:
    found = get_user_model().objects.filter(username=name).first()
    if found is None:
        found = get_user_model().objects.create_user(name, f"{name}@example.invalid", "a-long-enough-word")
        dynamic.set_avatar(found)
        found.save()
    return found


category = Category.objects.get(slug="first-category")
numbers = []
for one in json.load(sys.stdin):
    first = datetime.fromisoformat(one["posts"][0]["at"])
    thread = Thread(
        category=category, started_on=first, last_post_on=first, starter_name="-", starter_slug="-"
    )
    thread.last_poster_name = thread.last_poster_slug = "-"
    thread.set_title(one["title"])
    thread.slug = thread.slug or "thread"
    thread.save()
    for entry in one["posts"]:
        at, person = datetime.fromisoformat(entry["at"]), writer(entry["author"])
        post = Post.objects.create(
            category=category, thread=thread, poster=person, poster_name=person.username,
            original=entry["text"], parsed=entry["html"], posted_on=at, updated_on=at,
        )  # fmt: skip
        update_post_checksum(post)
        post.save(update_fields=["checksum"])
        numbers.append(post.pk)
    thread.synchronize()
    thread.save()
category.synchronize()
category.save()
print(json.dumps(numbers))
