from earmark.judging.report.told import sentences

THRESHOLDS = {"how": "shrunk", "aim": "f1_micro", "grid": "exact", "precision_wanted": None,
              "least": 0.2, "middle": 0.21, "greatest": 0.3, "most": 0}
SETS = {"promised": 0.9, "promise": "all", "times": 20, "tracks": 100, "mean": 0.91,
        "deviation": 0.02, "least": 0.88, "most": 0.95, "size": 3.2, "labels_borne": 1.5,
        "holds": True}


def test_thresholds_are_told():
    assert sentences(THRESHOLDS) == (
        "A threshold for each label, drawn to the one for all where few tracks bear it, chosen "
        "for micro F1: from 0.200 to 0.300, 0.210 in the middle.")
    assert sentences({**THRESHOLDS, "how": "global", "greatest": 0.2}).endswith(": 0.200 for all.")
    assert sentences({**THRESHOLDS, "how": "top", "most": 2}) == (
        "The best labels of each track, equally many, chosen for micro F1: 2 a track.")
    wanted = {**THRESHOLDS, "aim": "precision", "precision_wanted": 0.8}
    assert "a wanted precision of 0.80" in sentences(wanted)


def test_label_sets_are_told():
    said = sentences(SETS)
    assert "90% of sets lack none of a track's labels" in said
    assert "0.910 (deviation 0.020, 0.880 to 0.950), which is the promise kept" in said
    assert "the promise not kept" in sentences({**SETS, "holds": False})
    share = sentences({**SETS, "promise": "share"})
    assert "sets hold of a track's labels 90% in the mean" in share
    assert sentences({"promised": 0.9, "coverage": 0.85, "size": 2.0, "standard_error": 0.01}) == (
        "Sets as learnt: 0.850 of what was to be 0.900 (standard error 0.010), 2.0 labels a set.")


def test_parents_are_told():
    assert sentences({"wanted": 0.8, "above": 3, "named": {}}).endswith("not learnt from: none.")
    assert sentences({"wanted": 0.8, "above": 3, "named": {"metal": {}}}).endswith("learnt from.")


def test_what_is_of_no_known_kind_is_left_to_a_list():
    assert sentences({"tracks": 3}) == ""
    assert sentences({**SETS, "promised": None}) == ""
