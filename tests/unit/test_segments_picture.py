"""Why there are so many segments, in words and as a picture."""

from reports.charts import segments


def row(k, rival=None, errors=None, needed=None, is_candidate=True):
    return {"k": k, "jaccard": 0.9, "smallest_share": 1 / k, "is_candidate": is_candidate, "rival_k": rival,
            "rival_errors": errors, "errors_needed": needed}


def test_the_reason_names_who_beats_whom_and_by_how_much():
    table = [row(1, 3, 8.1, 3.0), row(2, 3, 5.83, 1.645), row(3, 4, -0.3, 1.645), row(4)]
    assert segments.why(table, 3) == (
        "3 beats 1 (8.1 standard errors, needs 3); 3 beats 2 (5.8 standard errors, needs 1.65); "
        "4 does not beat 3 (-0.3 standard errors, needs 1.65).")


def test_where_nothing_is_stable_the_reason_says_so():
    assert segments.why([row(1), row(2, is_candidate=False)], 1) == (
        "No larger number is stable in clusters that hold 5%.")


def test_a_run_under_the_older_rule_keeps_its_picture_without_a_reason():
    table = [{"k": k, "gap": 1.0, "jaccard": 0.9, "smallest_share": 0.2, "is_candidate": True} for k in (1, 2, 3)]
    picture = segments._choice(table, 2)
    assert picture.description.startswith("This run chose by an older rule") and "smallest Jaccard" in picture.svg


def test_the_picture_shows_each_comparison_with_what_it_needs():
    picture = segments._choice([row(1, 2, 6.2, 1.645), row(2, 3, 0.4, 1.645), row(3)], 2)
    assert "2 against 1: 6.2" in picture.svg and "3 against 2: 0.4" in picture.svg


def test_centres_beyond_three_are_on_the_picture():
    centers = [{"segment_id": at, "segment_label": str(at), "n_learners": 5, "share": 0.5, "scaled": {"sessions": z},
                "typical": {"sessions": 1.0}} for at, z in ((1, -5.2), (2, 5.7))]
    features = [{"feature": "sessions", "typical": 2.0}]
    assert segments._centers(features, centers).svg.count(">6<") or ">6.0<" in segments._centers(features, centers).svg
