"""Folding the book of entries: by example, and for any order of writers."""

from collections import defaultdict
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from photoz_core.review import Entry, Review, fold
from photoz_core.review.fold import subject
from photoz_core.review.table import rows


def entry(number, kind, target, body, author="Ada", follows=None):
    return Entry(number, f"u{number}", "made", kind, target, body, author, 1000.0 + number, follows)


def version(number, follows=None, author="Ada", name="n", ids=(), **more):
    return entry(number, "selection", "s", {"name": name, "ids": list(ids), **more}, author, follows)


def comment(number, text="", author="Ada", follows=None, **more):
    return entry(number, "comment", "object:7", {"text": text, **more}, author, follows)


# --- by example ---------------------------------------------------------------------------------------------------


def test_nothing_is_an_empty_review():
    review = fold([])
    assert review == Review() and (review.selections, review.comments, review.history("object:1")) == ({}, (), ())


def test_the_first_of_two_versions_stands_and_the_second_is_a_rival():
    first, bob, cyd = version(1), version(2, 1, "Bob", "bob's"), version(3, 1, "Cyd", "cyd's")
    now = fold([first, bob, cyd]).selections["s"]
    assert (now.name, now.author, now.at, now.entry, now.rivals) == ("bob's", "Bob", 1002.0, 2, (cyd,))


def test_a_selection_begun_twice_has_a_rival():
    first, second = version(1, name="a"), version(2, name="b")
    now = fold([first, second]).selections["s"]
    assert (now.name, now.rivals) == ("a", (second,))


def test_a_rival_is_settled_by_the_version_that_names_it():
    book = [version(1), version(2, 1, name="b"), version(3, 1, name="c"), version(4, 1, name="d")]
    half = fold([*book, version(5, 2, name="e", merges=[3])]).selections["s"]
    assert half.name == "e" and half.rivals == (book[3],)
    late = version(5, 1, name="e", merges=[3, 4])  # itself a rival: it settles nothing
    assert fold([*book, late]).selections["s"].rivals == (book[2], book[3], late)


def test_a_rival_that_is_edited_is_one_rival():
    book = [version(1), version(2, 1, name="b"), version(3, 1, name="c"), version(4, 3, name="c2")]
    now = fold(book).selections["s"]
    assert now.rivals == (book[3],) and now.versions == tuple(book)


def test_two_who_do_the_same_have_no_conflict():
    assert fold([version(1), version(2, 1, name="b"), version(3, 1, "Bob", name="b")]).selections["s"].rivals == ()
    both = [version(1), version(2, 1, deleted=True), version(3, 1, "Bob", deleted=True)]
    assert fold(both).selections == {} and fold(both).every["s"].deleted


def test_what_was_written_to_a_selection_while_it_was_deleted_stays_in_sight():
    book = [version(1), version(2, 1, deleted=True), version(3, 1, "Bob", name="mine")]
    now = fold(book).selections["s"]
    assert now.deleted and now.rivals == (book[2],)
    back = fold([*book, version(4, 2, "Bob", name="mine", merges=[3])]).selections["s"]
    assert (back.name, back.deleted, back.rivals) == ("mine", False, ())


def test_a_tag_is_of_whoever_put_it_on_first():
    on, off = {"tag": "odd", "on": True}, {"tag": "odd", "on": False}
    book = [entry(1, "tag", "7", on), entry(2, "tag", "7", on, "Bob"), entry(3, "tag", "8", on, "Bob")]
    assert fold(book).tags == {"7": {"odd": ("Ada", 1001.0)}, "8": {"odd": ("Bob", 1003.0)}}
    book += [entry(4, "tag", "7", off, "Cyd"), entry(5, "tag", "8", off), entry(6, "tag", "8", on, "Cyd")]
    assert fold(book).tags == {"8": {"odd": ("Cyd", 1006.0)}}


def test_everybody_has_one_score_for_an_object():
    given = [("Ada", 3), ("Bob", 0), ("Ada", 5), ("Cyd", 1), ("Cyd", None)]
    book = [entry(i, "score", "7", {"score": score}, author) for i, (author, score) in enumerate(given, 1)]
    assert fold(book).scores == {"7": {"Ada": 5, "Bob": 0}}
    assert (
        fold([*book, entry(6, "score", "7", {"score": None}), entry(7, "score", "7", {"score": None}, "Bob")]).scores
        == {}
    )


def test_an_edit_replaces_a_comment_and_keeps_its_place():
    book = [comment(1, "one"), comment(2, "two", "Bob"), comment(3, "uno", follows=1), comment(4, "eins", follows=3)]
    first, second = fold(book).comments
    assert (first.text, first.author, first.at, first.edited, first.entry, first.first) == (
        "eins",
        "Ada",
        1001.0,
        1004.0,
        4,
        1,
    )
    assert (second.text, second.edited) == ("two", None)
    assert [one.text for one in fold([*book, comment(5, follows=4, deleted=True)]).comments] == ["two"]
    assert [one.id for one in fold(book).history("object:7")] == [4, 3, 2, 1]


def test_nobody_puts_words_in_anothers_mouth():
    found = fold([comment(1, "yes"), comment(2, "no", "Bob", follows=1)]).comments
    assert [(one.text, one.author) for one in found] == [("yes", "Ada"), ("no", "Bob")]
    assert fold([comment(1, "yes"), comment(2, "", "Owner", follows=1, deleted=True)]).comments == ()


def test_two_edits_at_once_are_both_read():
    found = fold([comment(1, "a"), comment(2, "b", follows=1), comment(3, "c", follows=1)]).comments
    assert [one.text for one in found] == ["b", "c"]
    late = comment(3, follows=1, deleted=True)  # of a text that its author has not seen
    assert [one.text for one in fold([comment(1, "a"), comment(2, "b", follows=1), late]).comments] == ["b"]


def test_the_table_says_what_stands_by_whom_and_when():
    book = [
        entry(1, "score", "7", {"score": 3}),
        entry(2, "score", "7", {"score": 4}),
        entry(3, "tag", "8", {"tag": "odd", "on": True}, "Bob"),
        comment(4, "look"),
        entry(5, "comment", "selection:s", {"text": "well"}, "Bob"),
        entry(6, "comment", "selection:s", {"text": "good"}, "Bob", follows=5),
    ]
    assert list(rows(fold(book))) == [
        ("score", "7", "4", "Ada", "1970-01-01T00:16:42+00:00"),
        ("tag", "8", "odd", "Bob", "1970-01-01T00:16:43+00:00"),
        ("comment", "7", "look", "Ada", "1970-01-01T00:16:44+00:00"),
        ("comment", "selection:s", "good", "Bob", "1970-01-01T00:16:46+00:00"),
    ]


# --- any order of writers -----------------------------------------------------------------------------------------

NAMES = st.sampled_from(["Ada", "Bob", "Cyd"])
DRAWN = {
    "selection": st.fixed_dictionaries(
        {"name": st.sampled_from("xyz"), "ids": st.just(["1"]), "deleted": st.booleans()},
        optional={"merges": st.lists(st.integers(1, 30), max_size=3)},
    ),
    "tag": st.fixed_dictionaries({"tag": st.sampled_from("pq"), "on": st.booleans()}),
    "score": st.fixed_dictionaries({"score": st.none() | st.integers(0, 5)}),
    "comment": st.fixed_dictionaries({"text": st.text(max_size=3), "deleted": st.booleans()}),
}
TARGETS = {"selection": ["s", "t"], "tag": ["1", "2"], "score": ["1", "2"], "comment": ["object:1", "selection:s"]}


@st.composite
def books(draw, kinds=tuple(DRAWN)):
    """Up to thirty entries with gaps between their ids; each follows nothing, something older, or what never was."""
    book, number = [], 0
    for _ in range(draw(st.integers(0, 30))):
        number += draw(st.integers(1, 2))
        kind = draw(st.sampled_from(kinds))
        follows = draw(st.none() | st.integers(1, number))
        book.append(entry(number, kind, draw(st.sampled_from(TARGETS[kind])), draw(DRAWN[kind]), draw(NAMES), follows))
    return book


@settings(deadline=None, max_examples=50)
@given(books(), st.data())
def test_folding_in_pieces_is_folding_at_once(book, data):
    cuts = sorted({0, len(book), *data.draw(st.lists(st.integers(0, len(book)), max_size=4))})
    review, before = Review(), []
    for start, end in pairwise(cuts):
        before.append((review, fold(book[:start])))
        overlap = data.draw(st.integers(0, start))  # read twice, as after a lost connection
        review = fold(book[overlap:end], review)
    whole = fold(book)
    assert review == whole
    assert (review.selections, review.comments) == (whole.selections, whole.comments)
    for old, again in before:  # a review that somebody holds does not change under him
        assert old == again


@settings(deadline=None, max_examples=50)
@given(books())
def test_no_entry_is_lost(book):
    review = fold(book)
    about = defaultdict(list)
    for one in book:
        about[subject(one)].insert(0, one)
    assert all(list(review.history(name)) == entries for name, entries in about.items())
    assert sum(map(len, review.about.values())) == len(book)
    written = {one.target for one in book if one.kind == "selection"}
    assert set(review.every) == written
    for uid in written:
        assert list(review.every[uid].versions) == [one for one in book if (one.kind, one.target) == ("selection", uid)]


@settings(deadline=None, max_examples=50)
@given(books(kinds=("selection",)))
def test_a_version_is_out_of_sight_only_by_the_will_of_one_who_knew_it(book):
    """Each version stands, is a rival, was followed, was merged, or says what another one said."""
    review = fold(book)
    for one in book:
        now = review.every[one.target]
        later = [other for other in book if other.id > one.id and other.target == one.target]
        named = any(one.id in (other.follows, *other.body.get("merges", ())) for other in later)
        same = any(_says(other) == _says(one) for other in book if other.id < one.id and other.target == one.target)
        assert one.id == now.entry or one in now.rivals or named or same


@settings(deadline=None, max_examples=50)
@given(books(kinds=("comment",)))
def test_a_comment_is_read_until_its_author_changes_it_or_somebody_deletes_it(book):
    shown = {one.entry for one in fold(book).comments}
    for one in book:
        later = [
            other for other in book if other.follows == one.id and other.id > one.id and other.target == one.target
        ]
        gone = any(other.body["deleted"] for other in later)
        if not one.body["deleted"] and not gone and not any(other.author == _author(book, one) for other in later):
            assert one.id in shown


def _says(one):
    return one.body["deleted"] or (one.body["name"], tuple(one.body["ids"]))


def _author(book, one):
    """Whose comment it is after all: an owner's deletion leaves it its author's."""
    before = next((other for other in book if other.id == one.follows and other.id < one.id), None)
    if before is None or before.target != one.target:
        return one.author
    return _author(book, before) if one.body["deleted"] else one.author
