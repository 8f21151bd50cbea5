"""The sample forum: Discuz! X pages in GBK; what GBK lacks becomes a character reference, as browsers post it."""

from __future__ import annotations

from datetime import datetime

from crawlers.samples.records import SamplePost
from crawlers.samples.web import PACIFIC, Reply, Request, World, escape

_THREADS_PER_PAGE = 30
_POSTS_PER_PAGE = 15


def respond(request: Request, world: World) -> Reply:
    """Answer ``/forum.php`` with ``mod`` forumdisplay, viewthread or guide."""
    if request.path not in ("", "/", "/forum.php"):
        return _notice(world, "抱歉，您访问的页面不存在", 404)
    mod = request.query.get("mod", "forumdisplay")
    if mod == "viewthread":
        return _thread_page(request, world)
    if mod == "guide" or (mod == "forumdisplay" and request.query.get("fid", "2") == str(_fid(world))):
        return _board_page(request, world)
    if mod == "redirect" and request.query.get("goto") == "findpost":
        return _find_post(request, world)
    return _notice(world, "抱歉，指定的版块不存在")


def _fid(world: World) -> int:
    return int(world.sites["forum"]["fid"])


def _board_page(request: Request, world: World) -> Reply:
    threads = [post for post in world.store.by_site["forum"] if post.parent_native_id is None]
    by_reply = request.query.get("orderby", "lastpost") != "dateline" and request.query.get("mod") != "guide"
    last = {
        post.thread_native_id: post for post in world.store.by_site["forum"]
    }  # oldest first: the last one stays
    threads.sort(key=lambda post: last[post.thread_native_id].at if by_reply else post.at, reverse=True)
    pages = max(1, -(-len(threads) // _THREADS_PER_PAGE))
    number = request.number("page", 1, 1, pages)  # Discuz shows the last page for a number too large
    shown = threads[(number - 1) * _THREADS_PER_PAGE : number * _THREADS_PER_PAGE]
    rows = "".join(_row(post, last[post.thread_native_id], world.store.now) for post in shown)
    address = f"forum.php?mod=forumdisplay&fid={_fid(world)}&orderby={'lastpost' if by_reply else 'dateline'}"
    body = (
        f'<div id="threadlist" class="tl bm bmw"><div class="bm_c"><table summary="forum_{_fid(world)}" '
        f'id="threadlisttableid" cellspacing="0" cellpadding="0">{rows}</table></div></div>'
        f"{_pager(address, number, pages)}"
    )
    return _html(world, str(world.sites["forum"]["board"]), body)


def _row(first: SamplePost, last: SamplePost, now: datetime) -> str:
    link = f"forum.php?mod=viewthread&amp;tid={first.thread_native_id}&amp;extra=page%3D1"
    return (
        f'<tbody id="normalthread_{first.thread_native_id}">\n<tr>\n'
        f'<td class="icn"><a href="{link}" title="新窗口打开" target="_blank"></a></td>\n'
        f'<th class="common"><a href="{link}" onclick="atarget(this)" class="s xst">'
        f"{escape(first.title or '')}</a></th>\n"
        f'<td class="by"><cite><a href="home.php?mod=space&amp;username={escape(first.author)}" c="1">'
        f"{escape(first.author)}</a></cite><em><span>{_ago(first, now, seconds=False)}</span></em></td>\n"
        f'<td class="num"><a href="{link}" class="xi2">{first.replies}</a><em>{first.views}</em></td>\n'
        f'<td class="by"><cite><a href="home.php?mod=space&amp;username={escape(last.author)}" c="1">'
        f'{escape(last.author)}</a></cite><em><a href="forum.php?mod=redirect&amp;tid={first.thread_native_id}'
        f'&amp;goto=lastpost#lastpost">{_ago(last, now)}</a></em></td>\n</tr>\n</tbody>\n'
    )


def _thread_page(request: Request, world: World) -> Reply:
    tid = request.query.get("tid", "")
    posts = [post for post in world.store.by_site["forum"] if post.thread_native_id == tid]
    if not posts:
        return _notice(world, "抱歉，指定的主题不存在或已被删除或正在被审核")
    pages = -(-len(posts) // _POSTS_PER_PAGE)
    number = request.number("page", 1, 1, pages)
    start = (number - 1) * _POSTS_PER_PAGE
    shown = enumerate(posts[start : start + _POSTS_PER_PAGE], start + 1)
    first = posts[0]
    title = escape(first.title or "")
    blocks = "".join(_post(post, floor, world) for floor, post in shown)
    body = (
        f'<div id="postlist" class="pl bm"><table cellspacing="0" cellpadding="0"><tr><td class="pls ptn pbn">'
        f'<div class="hm ptn"><span class="xg1">查看:</span> <span class="xi1">{first.views}</span>'
        f'<span class="pipe">|</span><span class="xg1">回复:</span> <span class="xi1">{first.replies}</span></div></td>'
        f'<td class="plc ptm pbn vwthd"><h1 class="ts"><span id="thread_subject">{title}</span></h1></td></tr></table>'
        f"{blocks}</div>{_pager(f'forum.php?mod=viewthread&tid={tid}', number, pages)}"
    )
    return _html(world, first.title or "", body)


def _post(post: SamplePost, floor: int, world: World) -> str:
    pid = post.native_id
    return (
        f'<div id="post_{pid}"><table id="pid{pid}" class="plhin" summary="pid{pid}" cellspacing="0" cellpadding="0">\n'
        f'<tr><td class="pls" rowspan="2"><div class="pi"><div class="authi"><a href="home.php?mod=space&amp;username='
        f'{escape(post.author)}" target="_blank" class="xw1">{escape(post.author)}</a></div></div></td>\n'
        f'<td class="plc"><div class="pi"><strong><a href="forum.php?mod=viewthread&amp;tid={post.thread_native_id}'
        f'#pid{pid}" id="postnum{pid}"><em>{floor}</em><sup>#</sup></a></strong>'
        f'<div class="pti"><div class="authi"><em id="authorposton{pid}">发表于 {_ago(post, world.store.now)}</em>'
        f'</div></div></div>\n<div class="pct"><div class="pcb"><div class="t_fsz"><table cellspacing="0" '
        f'cellpadding="0"><tr><td class="t_f" id="postmessage_{pid}">\n'
        f"{_quote(post, world)}{_lines(post.text)}</td></tr>"
        "</table></div></div></div></td></tr></table></div>\n"
    )


def _quote(post: SamplePost, world: World) -> str:
    quoted = world.store.get("forum", post.quoted_native_id)
    if quoted is None:
        return ""
    text = quoted.text if len(quoted.text) <= 100 else quoted.text[:100] + " ..."
    link = f"forum.php?mod=redirect&amp;goto=findpost&amp;pid={quoted.native_id}&amp;ptid={quoted.thread_native_id}"
    return (
        f'<div class="quote"><blockquote><font size="2"><a href="{link}" target="_blank"><font color="#999999">'
        f"{escape(quoted.author)} 发表于 {_clock(quoted)}</font></a></font><br />\n"
        f"{_lines(text)}</blockquote></div><br />\n"
    )


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br />\n")


def _find_post(request: Request, world: World) -> Reply:
    post = world.store.get("forum", request.query.get("pid"))
    if post is None:
        return _notice(world, "抱歉，指定的主题不存在或已被删除或正在被审核")
    thread = [one for one in world.store.by_site["forum"] if one.thread_native_id == post.thread_native_id]
    number = thread.index(post) // _POSTS_PER_PAGE + 1
    thread_page = f"mod=viewthread&tid={post.thread_native_id}&page={number}#pid{post.native_id}"
    link = f"{request.base}/forum/forum.php?{thread_page}"
    return Reply(b"", status=302, headers={"Location": link})


def _clock(post: SamplePost, *, seconds: bool = True) -> str:
    """Discuz writes months, days without padding, in the forum's own time zone."""
    at = post.at.astimezone(PACIFIC)
    return f"{at.year}-{at.month}-{at.day}" + (f" {at:%H:%M:%S}" if seconds else "")


def _ago(post: SamplePost, now: datetime, *, seconds: bool = True) -> str:
    """Show the time as Discuz does: relative words for a week, the clock in ``title``."""
    passed = (now - post.at).total_seconds()
    if passed < 3600:
        words = f"{max(1, int(passed // 60))}&nbsp;分钟前"
    elif passed < 86_400:
        words = f"{int(passed // 3600)}&nbsp;小时前"
    else:
        words = ["昨天", "前天", "3&nbsp;天前"][
            min(int(passed // 86_400), 3) - 1
        ] + f"&nbsp;{post.at.astimezone(PACIFIC):%H:%M}"
    return f'<span title="{_clock(post, seconds=seconds)}">{words}</span>'


def _pager(address: str, number: int, pages: int) -> str:
    if pages == 1:
        return ""
    links = [
        f"<strong>{one}</strong>"
        if one == number
        else f'<a href="{escape(address)}&amp;page={one}">{one}</a>'
        for one in range(1, pages + 1)
    ]
    following = (
        f'<a href="{escape(address)}&amp;page={number + 1}" class="nxt">下一页</a>' if number < pages else ""
    )
    return f'<div class="pgs cl"><div class="pg">{"".join(links)}{following}</div></div>'


def _notice(world: World, message: str, status: int = 200) -> Reply:
    body = f'<div id="messagetext" class="alert_error"><p>{message}</p></div>'
    return _html(world, "提示信息", body, status)


def _html(world: World, title: str, body: str, status: int = 200) -> Reply:
    name = escape(str(world.sites["forum"]["title"]))
    now = world.store.now.astimezone(PACIFIC)
    text = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
        '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml">\n'
        '<head>\n<meta http-equiv="Content-Type" content="text/html; charset=gbk" />\n'
        f"<title>{escape(title)} - {name} - Powered by Discuz!</title>\n"
        '<meta name="generator" content="Discuz! X3.4" />\n'
        f'</head>\n<body id="nv_forum">\n<div id="wp" class="wp">{body}</div>\n'
        f'<div id="ft"><p class="xs0">GMT-7, {now.year}-{now.month}-{now.day} {now:%H:%M}, '
        "Processed in 0.041 second(s), 9 queries.</p></div>\n</body>\n</html>\n"
    )
    return Reply(text.encode("gbk", "xmlcharrefreplace"), "text/html; charset=gbk", status)
