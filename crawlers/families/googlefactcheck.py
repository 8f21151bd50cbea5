"""Google's Fact Check Tools: reviews of many publishers, asked per query with the user's own key."""

from __future__ import annotations

from collections.abc import Mapping

from crawlers.families.base import Family, load_json, read_each, show_json, with_query
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.reviews import as_post, reviews_of_google
from pipeline.errors import UsageError

_PAGE = 50


class GoogleFactCheck(Family):
    """``url`` is the service; ``languages`` (default ``["zh"]``) are asked one by one for every query."""

    name = "googlefactcheck"
    params = frozenset({"languages"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain per query and language."""
        languages = context.params.get("languages", ["zh"])
        if (
            not isinstance(languages, list)
            or not all(isinstance(one, str) for one in languages)
            or not languages
        ):
            raise UsageError(f'source {context.source}: write languages = ["zh", "…"]')
        if not context.queries:
            raise UsageError(f"source {context.source}: give the incident queries")
        base = url.rstrip("/") + "/v1alpha1/claims:search"
        pairs = [(query, language) for query in context.queries for language in languages]
        return [
            _fetch(base, query, language, context, essential=len(pairs) == 1) for query, language in pairs
        ]

    def secret_headers(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """The key as a header, so that it never stands in an address."""
        return {"X-Goog-Api-Key": secrets["google_api_key"]}

    def is_refusal(self, answer: Answer) -> str | None:
        """Google answers 400 for a bad key, 403 for a closed service, 429 for too much; the reason stands inside."""
        return google_refusal(answer) or super().is_refusal(answer)

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of claims; an answer without any is an empty object."""
        page = load_json(answer, dict)
        claims = page.get("claims", [] if set(page) <= {"nextPageToken"} else None)
        if not isinstance(claims, list):
            raise PageChanged(f"{answer.url}: no list of claims")
        reading = Reading()
        query = fetch.carry.get("query")
        read_each(
            claims,
            lambda claim: [as_post(one, context, query) for one in reviews_of_google(claim, context.now)],
            reading,
            show_json,
        )
        token = page.get("nextPageToken")
        if token and claims:
            address = with_query(fetch.url, pageToken=token)
            reading.follow.append(Fetch(address, fetch.kind, fetch.chain, fetch.essential, fetch.carry))
        else:
            reading.ended = (fetch.chain,)
        return reading


def google_refusal(answer: Answer) -> str | None:
    """The reason that a Google service gives for an error, ``None`` where it gives none."""
    if answer.status not in {400, 401, 403, 429} or b'"error"' not in answer.body:
        return None
    try:
        error = load_json(answer, dict).get("error")
    except PageChanged:
        return None
    if not isinstance(error, dict):
        return None
    reasons = [
        one.get("reason")
        for one in error.get("errors") or error.get("details") or []
        if isinstance(one, dict)
    ]
    named = next((str(one) for one in reasons if one), error.get("status"))
    return f"answered {answer.status}: {str(named)[:60]}: {str(error.get('message') or '')[:120]}"


def _fetch(base: str, query: str, language: str, context: Context, *, essential: bool) -> Fetch:
    chain = f"{language} {query}"
    days = max(1, (context.now - context.floor(chain)).days + 1)
    url = with_query(base, query=query, languageCode=language, maxAgeDays=days, pageSize=_PAGE)
    return Fetch(url, "search", chain, essential, carry={"query": query})
