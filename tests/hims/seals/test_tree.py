"""The root of a seal is the Merkle tree hash of RFC 6962, and an entry is written in one way."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hims.domain.seals import Entry, Root, Seal, canonical, instant

# The test vectors of Certificate Transparency: these leaves, and the roots over the first n.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
             "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def by_halves(leaves: list[bytes]) -> bytes:
    """The definition in RFC 6962, 2.1, of leaves that are hashed already."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + by_halves(leaves[:half]) + by_halves(leaves[half:])).digest()


def over(leaves: list[bytes]) -> Root:
    root = Root()
    for leaf in leaves:
        root.add(leaf)
    return root


@pytest.mark.parametrize("count", range(1, 9))
def test_the_roots_of_certificate_transparency_come_out(count):
    leaves = [sha256(b"\x00" + bytes.fromhex(one)).digest() for one in CT_LEAVES[:count]]
    assert over(leaves).digest().hex() == CT_ROOTS[count - 1]


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_leaves_one_after_another_give_the_root_by_halves(leaves):
    root = over(leaves)
    assert root.count == len(leaves)
    assert root.digest() == by_halves(leaves)


def test_there_is_no_root_over_nothing():
    with pytest.raises(ValueError, match="nothing to seal"):
        Root().digest()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
entries = st.builds(
    Entry,
    st.integers(1, 2**62),
    moments.filter(lambda at: 1 < at.year < 9999),
    texts,
    texts,
    st.lists(texts, max_size=3),
    texts,
    texts,
    st.binary(max_size=32),
    texts,
)


@given(entries, entries)
def test_two_entries_have_one_leaf_only_if_they_are_one(one, other):
    assert (one.leaf() == other.leaf()) == (
        {**one.fields(), "at": one.at} == {**other.fields(), "at": other.at}
    )
    assert json.loads(canonical(one.fields())) == one.fields()


def test_a_leaf_and_a_link_are_what_the_format_says():
    at = datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=1)))
    entry = Entry(7, at, "u", "a.b", ["x:1"], "web", "", b"\x01\x02", "Grüße")
    text = (
        rb'{"action":"a.b","actor":"u","at":"2026-11-22T08:00:00.000000Z","digest":"0102",'
        rb'"door":"web","number":7,"objects":["x:1"],"reason":"Gr\u00fc\u00dfe","request":""}'
    )
    assert entry.leaf() == sha256(b"\x00" + text).digest()
    link = Seal(2, at, 5, b"\x0a", b"\x0b")
    text = (b'{"entries":5,"number":2,"previous":"0b","root":"0a",'
            b'"sealed_at":"2026-11-22T08:00:00.000000Z"}')  # fmt: skip
    assert link.hash() == sha256(b"\x02" + text).digest()
    assert instant(at) == "2026-11-22T08:00:00.000000Z"
