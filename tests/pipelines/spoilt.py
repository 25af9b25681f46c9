"""Files as they come when something went wrong on the way: strategies over bytes."""

from collections.abc import Callable

from hypothesis import strategies as st

ODD = [
    b"", b" ", b"NaN", b"-1", b"1e999", b"0x1f", b"1,5", b"2999-12-31", b"31/02/2020", b"None", b"null", b'"',
    b'""', b"'; DROP TABLE", b"\x00", b"\xff\xfe", "Ünïcødé\u202e".encode(), b"9" * 400, b"true",
    b"[1, 2]", b"{}",
]  # fmt: skip
"""What stands where something else was expected."""


def _lines(change: Callable[[list[bytes], st.DataObject], list[bytes]]) -> Callable[..., bytes]:
    def changed(content: bytes, data: st.DataObject) -> bytes:
        lines = content.split(b"\n")
        return b"\n".join(change(lines, data))

    return changed


def _at(lines: list[bytes], data: st.DataObject) -> int:
    return data.draw(st.integers(0, len(lines) - 1))


def _cell(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    at, odd = _at(lines, data), data.draw(st.sampled_from(ODD))
    cells = lines[at].split(b",")
    cells[data.draw(st.integers(0, len(cells) - 1))] = odd
    return [*lines[:at], b",".join(cells), *lines[at + 1 :]]


def _twice(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    at = _at(lines, data)
    return [*lines[:at], lines[at], *lines[at:]]


def _lost(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    at = _at(lines, data)
    return [*lines[:at], *lines[at + 1 :]]


def _wide(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    at = _at(lines, data)
    return [*lines[:at], lines[at] + b",x" * 3000, *lines[at + 1 :]]


def _cut(content: bytes, data: st.DataObject) -> bytes:
    return content[: data.draw(st.integers(0, len(content)))]


def _flipped(content: bytes, data: st.DataObject) -> bytes:
    if not content:
        return content
    at = data.draw(st.integers(0, len(content) - 1))
    return content[:at] + bytes([content[at] ^ data.draw(st.integers(1, 255))]) + content[at + 1 :]


def _inserted(content: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(content)))
    return content[:at] + data.draw(st.sampled_from(ODD)) + content[at:]


ANY: list[Callable[[bytes, st.DataObject], bytes]] = [_cut, _flipped, _inserted]
"""Of a file of any kind."""
TEXT: list[Callable[[bytes, st.DataObject], bytes]] = [
    *ANY,
    _lines(_cell),
    _lines(_twice),
    _lines(_lost),
    _lines(_wide),
    lambda content, _: b"\xef\xbb\xbf" + content,
    lambda content, _: content.replace(b",", b";"),
    lambda content, _: content.replace(b"\n", b"\r\n"),
    lambda content, _: content.split(b"\n")[0] + b"\n",
    lambda content, _: content.decode("utf-8", "replace").encode("utf-16"),
    lambda _content, _: b"",
]
"""Of a file of lines."""


def spoilt(
    content: bytes, data: st.DataObject, kinds: list[Callable[[bytes, st.DataObject], bytes]]
) -> bytes:
    """The content after one to three accidents."""
    for change in data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
        content = change(content, data)
    return content
