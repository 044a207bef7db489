"""Times beside one another, with a clock of our own."""

from earmark.tagger import timing


def test_medians_of_runs_in_turn_the_first_left_out(monkeypatch):
    now, order = [0.0], []
    takes = {"a": iter([99, 1, 5, 3]), "b": iter([50, 2, 2, 8])}  # seconds of each run

    def running(name):
        def run():
            order.append(name)
            now[0] += next(takes[name])
        return run

    monkeypatch.setattr(timing.time, "process_time", lambda: now[0])
    found = timing.milliseconds({name: running(name) for name in takes}, rounds=3)
    assert found == {"a": 3000.0, "b": 2000.0}
    assert order == ["a", "b"] * 4


def test_what_is_faster_than_the_clock_is_not_told_as_no_time(monkeypatch):
    now = [0.0]

    def run():
        now[0] += 0.003

    monkeypatch.setattr(timing.time, "process_time", lambda: 0.016 * (now[0] // 0.016))
    found = timing.milliseconds({"a": run}, rounds=30)
    assert 2 < found["a"] < 4
