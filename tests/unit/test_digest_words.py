"""A digest as text and as HTML."""

from dataclasses import replace
from datetime import UTC, date, datetime

from lastword.digest import Digest, Lapsing, ToLookAt
from lastword.digest_words import as_html, as_text, subject

DIGEST = Digest(
    project="Acme <b>\nInc",
    run_id="r2",
    published_at=datetime(2026, 6, 8, 6, tzinfo=UTC),
    as_of=date(2026, 6, 8),
    accounts=14_000,
    runs=("r2", "r1"),
    under_review=12,
    new_by_reason={"cloud <intent>": 2, "disparity": 1},
    first=(ToLookAt("7", "Globex & <script>", "cloud <intent>", "intent rose", 3.0, "http://x/account?id=7&a=1"),),
    warnings=("drift: <i>",),
    lapsing=(Lapsing("8", "A", "ann", date(2026, 6, 10), "http://x/account?id=8"),),
    lapsing_in_all=30,
    link="http://x/queue",
)


def test_the_subject_is_one_line():
    assert subject(DIGEST) == "Acme <b> Inc: 3 accounts newly in the queue, as of 2026-06-08"
    assert subject(replace(DIGEST, new_by_reason={})) == "Acme <b> Inc: nobody newly in the queue, as of 2026-06-08"


def test_the_text_says_all_of_it():
    lines = as_text(DIGEST).splitlines()
    assert "And 1 run before it that were not told of." not in lines
    for said in (
        "Run r2, published 2026-06-08 06:00 UTC, 14,000 accounts.",
        "Also of 1 run before it.",
        "Queue: 12 accounts under review, 3 new: http://x/queue",
        "       2  cloud <intent>",
        "       1  the opinions part",
        "  Globex & <script> (7): cloud <intent>",
        "  drift: <i>",
        "Overrides that lapse within 14 days (the first 1 of 30)",
        "  2026-06-10  8, A by ann: http://x/account?id=8",
    ):
        assert said in lines, said


def test_what_comes_from_data_is_no_html():
    page = as_html(DIGEST)
    for tag in ("<b>", "<script>", "<intent>", "<i>"):
        assert tag not in page
    assert "href='http://x/account?id=7&amp;a=1'" in page
    assert "Globex &amp; &lt;script&gt;" in page


def test_its_json_is_plain_values():
    found = DIGEST.as_json()
    assert (found["new"], found["published_at"], found["as_of"]) == (3, "2026-06-08T06:00:00Z", "2026-06-08")
    assert found["lapsing"][0]["expires_on"] == "2026-06-10"
