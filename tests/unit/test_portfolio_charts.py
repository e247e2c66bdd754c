"""Charts whose bars are links: reachable by keyboard, named, of a fixed size."""

import re

from lastword.charts import accounts_by_opinion, attribute_weights, link_to, multiples, to_linked_svg, to_svg

BARS = [
    {
        "grade": grade,
        "opinion": opinion,
        "accounts": 5,
        "href": link_to(f"/accounts?{opinion}_grade={grade}&x=a%26b"),
        "said": f"{grade} by {opinion}: 5 accounts",
    }
    for grade in ("A", "B")
    for opinion in ("plan", "model", "final")
]


def test_every_bar_is_a_named_link_within_the_site():
    svg = to_linked_svg(accounts_by_opinion(BARS, "The title"))
    links = re.findall(r'<a href="([^"]*)" aria-label="([^"]*)">', svg)
    assert ("/accounts?plan_grade=A&amp;x=a%26b", "A by plan: 5 accounts") in links
    assert len(links) == len(BARS)
    assert "xlink:href" not in svg
    assert "links.invalid" not in svg


def test_a_drawing_with_links_is_a_group_with_a_name_and_a_size():
    svg = to_linked_svg(accounts_by_opinion(BARS, "The title"))
    assert svg.startswith('<svg role="group" aria-label="The title.')
    assert re.search(r'<svg [^>]*width="\d+" height="\d+"', svg)
    assert "graphics-" not in svg


def test_a_panel_per_value_leaves_out_what_is_unknown():
    rows = [
        {"value": value, "grade": "A", "opinion": "plan", "amount": amount, "href": None, "said": f"{value}: {amount}"}
        for value, amount in (("EMEA", 3.0), ("APAC", None))
    ]
    svg = to_linked_svg(multiples(rows, "Title", "Accounts", "~s"))
    assert "EMEA" in svg
    assert "APAC" not in svg
    assert "<a " not in svg
    assert multiples([rows[1]], "Title", "Accounts", "~s") is None


def test_weights_are_a_picture_that_says_its_figures():
    svg = to_svg(attribute_weights([{"attribute": "revenue", "weight": 20.0, "share": 0.25}], "Title"))
    assert 'role="img"' in svg
    assert "revenue weight 20 · 25 %" in svg
