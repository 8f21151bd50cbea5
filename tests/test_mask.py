"""Personal data in posts: what is hidden, what stays, and that hostile text costs no time."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mask import Kind, hide, personal

HIDDEN = [
    ("\n".join(["换行", "13812345678"]), Kind.PHONE, "13812345678"),
    ("有事打13812345678找我", Kind.PHONE, "13812345678"),
    ("电话：138 1234 5678。", Kind.PHONE, "138 1234 5678"),
    ("请致电 +86-138-1234-5678", Kind.PHONE, "+86-138-1234-5678"),
    ("１３８１２３４５６７８", Kind.PHONE, "１３８１２３４５６７８"),
    ("座机010-62345678，下午有人", Kind.PHONE, "010-62345678"),
    ("call me at (415) 555-0123 please", Kind.PHONE, "(415) 555-0123"),
    ("415.555.0123", Kind.PHONE, "415.555.0123"),
    ("+1 415 555 0123", Kind.PHONE, "+1 415 555 0123"),
    ("4155550123", Kind.PHONE, "4155550123"),
    ("手机 0912-345-678", Kind.PHONE, "0912-345-678"),
    ("WhatsApp +852 9123 4567", Kind.PHONE, "+852 9123 4567"),
    ("電話：2345 6789", Kind.PHONE, "2345 6789"),
    ("+44 20 7946 0958", Kind.PHONE, "+44 20 7946 0958"),
    ("写信到 mei.chen+help@example.org 。", Kind.EMAIL, "mei.chen+help@example.org"),
    ("mei＠example.com", Kind.EMAIL, "mei＠example.com"),
    ("身份证11010519491231002X曝光", Kind.ID, "11010519491231002X"),
    ("SSN 123-45-6789", Kind.ID, "123-45-6789"),
    ("my A-Number is A012 345 678", Kind.ID, "A012 345 678"),
    ("HKID A123456(3)", Kind.ID, "A123456(3)"),
    ("身分證A123456789號", Kind.ID, "A123456789"),
    ("护照号码：E12345678", Kind.ID, "E12345678"),
    ("card 4111 1111 1111 1111", Kind.CARD, "4111 1111 1111 1111"),
    ("加微信：mei_chen88 进群", Kind.WECHAT, "mei_chen88"),
    ("vx: abcdefg", Kind.WECHAT, "abcdefg"),
    ("加V mei2026", Kind.WECHAT, "mei2026"),
    ("QQ 12345678", Kind.WECHAT, "12345678"),
    ("肇事车京A·12345逃了", Kind.PLATE, "京A·12345"),
    ("他住在人民路12号3单元501室", Kind.ADDRESS, "人民路12号3单元501室"),
    ("家住幸福小区5栋2单元301室", Kind.ADDRESS, "5栋2单元301室"),
    ("She lives at 1234 Harbor Lane, Apt 5", Kind.ADDRESS, "1234 Harbor Lane, Apt 5"),
    ("at 660 Jackson St. today", Kind.ADDRESS, "660 Jackson St."),
    ("求证 //@坡道上的風鈴: 听说封桥了", Kind.HANDLE, "坡道上的風鈴"),
    ("thanks @tofu_sparrow10 for this", Kind.HANDLE, "tofu_sparrow10"),
    ("回复＠雾里的鲸鱼：真的", Kind.HANDLE, "雾里的鲸鱼"),
    ("失踪者：欧阳小明，最后", Kind.NAME, "欧阳小明"),
    ("联系人: 陈美", Kind.NAME, "陈美"),
    ("大家好，我叫李雷。", Kind.NAME, "李雷"),
    ("Zelle: Mei Chen only", Kind.NAME, "Mei Chen"),
]
STAYS = [
    "拨打911、110、119、120或12345",
    "call 911 or 311, text 988",
    "2026-03-16 10:30:00",
    "2026年3月16日10时30分",
    "03/16/2026 at 5:40 pm",
    "$4,155,550.12 and ￥13812345678",
    "捐了13800000000元",
    "赔偿1380013800元",
    "共有13812345678人",
    "1-800-273-8255",
    "(888) 555-0123",
    "客服400-812-3123",
    "4008123123",
    "https://weibo.com/u/2803301701 看这里",
    "https://example.org/p?id=13812345678",
    "pi is 3.14159265358979",
    "version 10.0.19045.3803",
    "order 123456789012",
    "第38路公交车停运",
    "地铁2号线停运",
    "12人死亡，300人受伤",
    "微信群里都在传",
    "wechat official account",
    "加我微信",
    "telegram channel news",
    "@sfpd_official #fire2026",
    "转发 @旧金山警察局 @世界日报 的通报",
    "https://social.example/@tofu_sparrow10/116232",
    "a @ b, 9am @ the pier",
    "联系人：社区办公室",
    "他叫救护车了",
    "姓名：不详",
    "死者人数：三人",
    "1700000000",
    "2000000000",
    "20260316054000",
    "IPv4 192.168.100.200",
    "ISBN 978-7-02-000000-0",
    "震级7.8级，深度10公里",
    "5 minute walk Way too far",
    "123-45",
    "A1٢٣٤٥٦٧٨٩ ١٣٨١٢٣٤٥٦٧٨",
]


@pytest.mark.parametrize(("text", "kind", "secret"), HIDDEN, ids=[t for t, _, _ in HIDDEN])
def test_it_is_hidden(text: str, kind: Kind, secret: str) -> None:
    found = personal(text)
    assert [(span.kind, text[span.start : span.end]) for span in found] == [(kind, secret)]


@pytest.mark.parametrize("text", STAYS)
def test_it_stays(text: str) -> None:
    assert [text[s.start : s.end] for s in personal(text)] == []


def test_the_rest_of_the_text_stays_and_each_piece_says_what_it_was() -> None:
    text = "mei@example.org 或 138-1234-5678，别打110"
    assert hide(text, lambda kind: f"[{kind}]") == ("[email] 或 [phone]，别打110", 2)
    assert hide("nothing here", lambda kind: "x") == ("nothing here", 0)


def test_what_is_public_by_decision_stays() -> None:
    text = "office (415) 555-0123, home 415-555-0199"
    assert hide(text, lambda kind: "#", keep=["415 555 0123"])[0] == "office (415) 555-0123, home #"


@given(st.text(alphabet="0123456789-+() .@AXaxé号路室微信:：", max_size=80))
def test_spans_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    found = personal(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= s.start < s.end <= len(text) for s in found)
    assert hide(text, lambda kind: "\n")[1] == len(found)


@pytest.mark.parametrize("piece", ["1", "12 ", "a@", "1-", "路1号", "+1 ", "一", "A", "微信:", "1 A "])
def test_hostile_text_costs_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    begun = time.process_time()
    personal(text)
    assert time.process_time() - begun < 6, "200,000 characters; quadratic matching would take minutes"
