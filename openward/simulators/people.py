"""Make people up: glucose, meals and insulin of so many days, the same for the same seed.

The curves are drawn, not computed from physiology: a daily wave, a hump after each meal whose height depends on how
well it was covered with insulin, dips of low glucose, and noise as sensors have it. They serve demos, load tests and
pages; nothing about treatment can be learnt from them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP_MINUTES = 5
LOWEST_MG_DL = 39
HIGHEST_MG_DL = 401
_Curve = NDArray[np.float64]
_A_DAY = 24 * 60 // STEP_MINUTES


@dataclass(frozen=True, slots=True)
class Habit:
    """How somebody lives with diabetes.

    level: mg/dL between meals; wave: height of the daily wave; peak: mg/dL that an ordinary meal adds; spread: how much
    meals differ (0 to 1); lows_a_day: dips below 70; noise: mg/dL.
    """

    level: float = 115
    wave: float = 12
    peak: float = 55
    spread: float = 0.35
    lows_a_day: float = 0.15
    noise: float = 6


HABITS = {
    "steady": Habit(level=116, peak=62, spread=0.4, lows_a_day=0.15, noise=11),
    "average": Habit(level=138, wave=18, peak=92, spread=0.5, lows_a_day=0.4, noise=15),
    "lows": Habit(level=104, wave=14, peak=85, spread=0.6, lows_a_day=3.2, noise=13),
    "high": Habit(level=178, wave=25, peak=95, spread=0.5, lows_a_day=0.05, noise=18),
    "swings": Habit(level=140, wave=30, peak=150, spread=0.8, lows_a_day=1.6, noise=18),
    "pregnancy": Habit(level=93, wave=8, peak=48, spread=0.35, lows_a_day=0.5, noise=8),
}


@dataclass(frozen=True, slots=True)
class Meal:
    """minute: since the first midnight; carbs in grams, bolus in units."""

    minute: int
    carbs: int
    bolus: float


@dataclass(frozen=True, slots=True)
class Life:
    """So many days of one person. glucose: mg/dL at every fifth minute from the first midnight on."""

    glucose: Sequence[int]
    meals: tuple[Meal, ...]
    basal_units_a_day: float


def live(habit: Habit, days: int, seed: int) -> Life:
    """One person's days; `days` from 1 to 400."""
    dice = random.Random(seed)
    count = days * _A_DAY
    minutes: _Curve = np.arange(count, dtype=np.float64) * STEP_MINUTES
    phase = dice.uniform(4.5, 7.5) * 60
    curve: _Curve = habit.level + habit.wave * np.cos((minutes - phase) / 1440 * 2 * np.pi)
    meals = []
    for day in range(days):
        for hour, carbs in ((7.4, 45), (12.6, 60), (18.8, 70), (15.9, 20)):
            if carbs == 20 and dice.random() < 0.5:
                continue
            minute = day * 1440 + (hour + dice.gauss(0, 0.45)) * 60
            size = max(0.2, dice.gauss(1, habit.spread))
            curve += _hump(minutes, minute + 10, habit.peak * carbs / 55 * size, 55.0)
            grams = max(5, round(carbs * dice.uniform(0.8, 1.25)))
            meals.append(Meal(int(minute), grams, round(grams / dice.uniform(8.5, 11), 1)))
        for _ in range(_count(dice, habit.lows_a_day)):
            minute = day * 1440 + dice.choice((3.0, 4.5, 11.0, 16.5, 23.0)) * 60 + dice.uniform(-50, 50)
            curve -= _hump(minutes, minute, habit.level - dice.uniform(46, 68) + 12, 35.0)
    curve += _noise(count, habit.noise, seed)
    glucose = np.clip(np.rint(curve), LOWEST_MG_DL, HIGHEST_MG_DL).astype(int).tolist()
    return Life(glucose, tuple(sorted(meals, key=lambda meal: meal.minute)), round(dice.uniform(14, 26), 1))


def _count(dice: random.Random, mean: float) -> int:
    whole = int(mean)
    return whole + (dice.random() < mean - whole)


def _hump(minutes: _Curve, begin: float, height: float, width: float) -> _Curve:
    """A rise to `height` after `width` minutes and a slower fall; zero before it begins."""
    since = np.maximum(minutes - begin, 0) / width
    grown: _Curve = height * since**2 * np.exp(2 - 2 * since)
    return grown


def _noise(count: int, size: float, seed: int) -> _Curve:
    """Noise that remembers: each step keeps nine tenths of the last, as a sensor's drift does."""
    steps = np.random.default_rng(seed).normal(0, size * 0.44, count)
    kept = np.empty(count)
    last = 0.0
    for place, step in enumerate(steps):
        last = 0.9 * last + step
        kept[place] = last
    return kept
