"""The page gets one more script of our own, and nothing else of an answer changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.keys import PLACE, ROUTE, Keys

PAGE = "<!doctype html><html><head><title>澄清</title></head><body></body></html>"
TAG = f'<script src="{PLACE}" defer></script>'
ASKED = {"accept": "text/html,*/*"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    file = tmp_path / "index.html"
    file.write_text(PAGE * 40, encoding="utf-8")

    async def page(request: Request) -> Response:
        return FileResponse(file, media_type="text/html")

    async def data(request: Request) -> Response:
        return JSONResponse({"text": "</head>" * 500})

    async def gone(request: Request) -> Response:
        return HTMLResponse("</head>", status_code=404)

    routes = [ROUTE, Route("/", page), Route("/data", data), Route("/gone", gone), Route("/desk/own", page)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Keys), Middleware(GZipMiddleware)]))


def test_the_page_asks_for_the_script_once(client: TestClient) -> None:
    answer = client.get("/", headers=ASKED)
    assert answer.text.count(TAG) == 1 and answer.text.index(TAG) < answer.text.index("</head>")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers and "content-encoding" not in answer.headers


def test_nothing_else_changes(client: TestClient) -> None:
    assert client.get("/data").json() == {"text": "</head>" * 500}
    assert client.get("/data").headers["content-encoding"] == "gzip"
    assert client.get("/gone", headers=ASKED).text == "</head>"
    assert TAG not in client.get("/desk/own", headers=ASKED).text
    assert client.head("/", headers=ASKED).status_code == 200


def test_the_script_presses_what_is_there_and_no_more(client: TestClient) -> None:
    answer = client.get(PLACE)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "quick_help" in answer.text and "innerHTML" not in answer.text and "http" not in answer.text
