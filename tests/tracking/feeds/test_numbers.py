import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracking.domain.site import NOWHERE
from tracking.feeds.numbers import LARGEST_KEY, Numbers

KEYS = st.lists(st.integers(0, 300), unique=True, max_size=50)


@given(KEYS, st.lists(st.integers(0, 400), max_size=60), st.booleans())
def test_each_key_is_found_at_its_place_and_no_other_key_is(keys, wanted, large):
    far = LARGEST_KEY if large else 0
    found = Numbers(np.array(keys, dtype=np.int64) + far).of(np.array(wanted, np.uint32) + far)
    assert found.tolist() == [keys.index(k) if k in keys else NOWHERE for k in wanted]


@given(KEYS, st.lists(st.integers(0, 49)))
def test_places_that_nobody_has_any_more_are_passed_over(keys, gone):
    held = np.array([-1 if n in gone else key for n, key in enumerate(keys)], dtype=np.int64)
    found = Numbers(held).of(np.array(keys, dtype=np.uint32)).tolist()
    assert found == [NOWHERE if n in gone else n for n in range(len(keys))]
