"""Texts that tests share."""

GOOD_INCIDENT = """\
id = "fire"
opened_at = 2026-03-13T05:40:00Z
watch = "partner-a"
places = ["海港巷"]
words = ["互助金"]
[title]
en = "Fire"
zh-Hant = "火災"

[window]
start = 2026-03-13T05:40:00Z
end = 2026-03-16T05:40:00Z
[aliases]
"霉国" = "美国"

[queries]
en = ["fire"]
yue = ["火燭"]

[[sources]]
name = "town-blog"
family = "feed"
url = "https://example.org/feed.xml"
delay = 0.5
"""
