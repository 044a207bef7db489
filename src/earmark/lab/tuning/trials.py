"""The trials of a search: proposed by Optuna, told fold by fold, kept in ``keeping``'s file.

Each proposal is drawn with a seed of its own, from the search's and from how many trials
came before, so that a search that was stopped and taken up goes on exactly as it would have gone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from earmark.errors import EarmarkError, SettingsError
from earmark.lab.batches import Log
from earmark.lab.recipe import Recipe
from earmark.lab.tuning.keeping import optuna, state_of
from earmark.lab.tuning.ranges import Between, Range, word
from earmark.lab.tuning.space import Space

_GIVEN, _REFUSED, _SAME = "given", "refused", "same as"


@dataclass
class Trial:
    """A setting that is being tried.

    Attributes:
        number: Optuna's; those of trials that were lost are left out.
        recipe: with the setting.
        given: whether it is the recipe as given.
        steps: how many folds were told.
        score: the last one told.
    """

    number: int
    recipe: Recipe
    values: Mapping[str, Any]
    given: bool
    asked: Any
    steps: int = 0
    score: float | None = None


@dataclass
class Trials:
    """The trials of one search.

    Attributes:
        wanted: how many there are to be, those of before included.
        steps: folds of a trial.
        several: whether several trials are tried at once.
    """

    study: Any
    space: Space
    wanted: int
    steps: int
    seed: int
    several: bool
    log: Log
    _running: dict[int, Trial] = field(default_factory=dict)

    def ask(self) -> Trial | None:
        """Return the next setting to be fitted; None when there are as many as wanted.

        Settings that cannot be are told and counted, and those tried before get their score again.

        Raises:
            SettingsError: the recipe as given cannot be.
        """
        while (count := len(self._counted())) < self.wanted:
            self._put_given_first()
            trial = self._asked(count)
            if trial is not None and not self._repeats(trial):
                self._running[trial.number] = trial
                return trial
        return None

    def heard(self, trial: Trial, score: float | None) -> bool:
        """Take the score after a fold; tell whether the trial is worth going on with."""
        if score is not None:
            trial.asked.report(score, trial.steps)
            trial.score = score
        trial.steps += 1
        if score is None or trial.steps == self.steps or not trial.asked.should_prune():
            return True
        self._tell(trial, "PRUNED", f"stopped at {score:.3f} after {trial.steps} of {self.steps} "
                                    "folds")
        return False

    def done(self, trial: Trial) -> None:
        """Keep the score of a trial that was judged to the end."""
        self._tell(trial, "COMPLETE", f"{trial.score:.3f}")

    def refused(self, trial: Trial, error: EarmarkError) -> None:
        """Keep that a setting cannot be fitted, and why.

        Raises:
            EarmarkError: it is the recipe as given, with which nothing can be compared then.
        """
        if trial.given:
            self.lost(trial)
            raise error
        trial.asked.set_user_attr(_REFUSED, str(error))
        self._tell(trial, "PRUNED", f"cannot be: {error}")

    def lost(self, trial: Trial) -> None:
        """Give a trial up that was not finished: it does not count, and may be tried anew."""
        self._running.pop(trial.number, None)
        self.study.tell(trial.asked, state=state_of("FAIL"))

    def lose_all(self) -> None:
        """Give up all trials that were not finished."""
        for trial in list(self._running.values()):
            self.lost(trial)

    def told(self) -> list[dict[str, Any]]:
        """Return all trials that count, oldest first, as plain values; numbered from 0."""
        finished = [t for t in self._counted() if t.state.is_finished()]
        return [self._plain(number, trial) for number, trial in enumerate(finished)]

    def importance(self) -> dict[str, float] | None:
        """Return the share of each setting in how scores differ, among trials judged to the end.

        By functional ANOVA (Hutter et al. 2014); None where too few trials or equal scores tell
        nothing.
        """
        paths = list(self.space.ranges)
        whole = [t for t in self.study.get_trials(deepcopy=False) if t.state == state_of("COMPLETE")
                 and set(paths) <= set(t.params)]
        if len(whole) < 4 or len({t.value for t in whole}) < 2:
            return None
        evaluator = optuna().importance.FanovaImportanceEvaluator(seed=self.seed)
        try:
            found = optuna().importance.get_param_importances(self.study, evaluator=evaluator,
                                                            params=paths)
        except RuntimeError:  # trees that found no difference to explain
            return None
        return {path: float(found.get(path, 0.0)) for path in paths}

    def _put_given_first(self) -> None:
        """Have the recipe as given tried next, unless it is or was."""
        trials = self.study.get_trials(deepcopy=False)
        if any(self._is_given(t) for t in trials if t.state != state_of("FAIL")):
            return
        values = {p: self._stored(p, self.space.given[p]) for p in self._within()}
        self.study.enqueue_trial(values, user_attrs={_GIVEN: True})

    def _asked(self, count: int) -> Trial | None:
        drawn = int(np.random.SeedSequence([self.seed, count]).generate_state(1)[0])
        self.study.sampler = optuna().samplers.TPESampler(seed=drawn, constant_liar=self.several)
        asked = self.study.ask()
        given = bool(asked.user_attrs.get(_GIVEN))
        paths = self._within() if given else self.space.ranges
        values = {path: _suggested(asked, path, self.space.ranges[path]) for path in paths}
        trial = Trial(asked.number, self.space.recipe, values, given, asked)
        if given:  # as it stands: where it says nothing the model's own default goes on to count
            return trial
        try:
            trial.recipe = self.space.recipe_with(values)
        except SettingsError as error:
            self.refused(trial, error)
            return None
        return trial

    def _repeats(self, trial: Trial) -> bool:
        """Tell a setting that was tried before what it got then, which it would get again."""
        for before in self._counted():
            whole = set(before.params) == set(self.space.ranges)
            if not (before.state.is_finished() and whole and not trial.given
                    and before.params == trial.asked.params):
                continue
            trial.asked.set_user_attr(_SAME, before.number)
            for step, score in before.intermediate_values.items():
                trial.asked.report(score, step)
            trial.score = before.value
            if why := before.user_attrs.get(_REFUSED):
                trial.asked.set_user_attr(_REFUSED, why)
            self._tell(trial, before.state.name, "as before")
            return True
        return False

    def _tell(self, trial: Trial, state: str, said: str) -> None:
        self._running.pop(trial.number, None)
        value = trial.score if state == "COMPLETE" else None
        self.study.tell(trial.asked, value, state=state_of(state))
        setting = ", ".join(f"{self.space.short[p]} {word(v)}" for p, v in trial.values.items())
        told = "as given" if trial.given else setting
        done = sum(t.state.is_finished() for t in self._counted())
        self.log(f"{done} of {self.wanted} trials: {said} ({told})")

    def _counted(self) -> list[Any]:
        """Return the trials that count: finished, or being tried."""
        out = (state_of("FAIL"), state_of("WAITING"))
        return [t for t in self.study.get_trials(deepcopy=False) if t.state not in out]

    def _is_given(self, trial: Any) -> bool:
        return bool(trial.user_attrs.get(_GIVEN))

    def _within(self) -> list[str]:
        """Return the places where the recipe's own value is among those tried."""
        return [p for p, its in self.space.ranges.items() if its.holds(self.space.given[p])]

    def _stored(self, path: str, value: Any) -> Any:
        its = self.space.ranges[path]
        return value if isinstance(its, Between) else json.dumps(value, ensure_ascii=False)

    def _plain(self, number: int, trial: Any) -> dict[str, Any]:
        given, refused = self._is_given(trial), trial.user_attrs.get(_REFUSED)
        values = {p: v if isinstance(self.space.ranges[p], Between) else json.loads(v)
                  for p, v in trial.params.items()}
        whole = trial.state == state_of("COMPLETE")
        running = [trial.intermediate_values[s] for s in sorted(trial.intermediate_values)]
        state = "complete" if whole else "refused" if refused else "pruned"
        score = trial.value if whole else running[-1] if running else None
        return {"number": number, "state": state, "given": given, "score": score,
                "folds": len(running), "running": running,
                "values": {**self.space.given, **values} if given else values,
                "repeats_a_trial": _SAME in trial.user_attrs, "why": refused}


def _suggested(asked: Any, path: str, its: Range) -> Any:
    if not isinstance(its, Between):
        return json.loads(asked.suggest_categorical(path, its.texts))
    if its.whole:
        return int(asked.suggest_int(path, its.low, its.high, log=its.log))
    return float(asked.suggest_float(path, its.low, its.high, log=its.log))
