"""What is made of MagnaTagATune's 188 tags: all, the synonyms merged, the fifty, or genres.

Tags are taken whole. A tag is never taken for its words: "no vocals" is no vocals and "not rock"
is no rock; and a tag that denies is never merged with what it denies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from earmark.labels import crosswalk
from earmark.labels.vocabulary import Vocabulary

Labels = Literal["all", "merged", "top50", "genre"]
Labeller = Callable[[Iterable[str]], tuple[str, ...]]
"""From the tags of a clip to its labels."""

TAGS = crosswalk.read("mtt188").sheet.labels
TOP50 = crosswalk.read("mtt50").sheet.labels

# K. Choi's list, the first of each being the label; "female vocal" is ours, which it omits.
SYNONYMS = (
    ("beat", "beats"), ("chant", "chanting"), ("choir", "choral"),
    ("classical", "clasical", "classic"), ("drum", "drums"),
    ("electro", "electronic", "electronica", "electric"), ("fast", "fast beat", "quick"),
    ("female", "female singer", "female singing", "female vocal", "female vocals", "female voice",
     "woman", "woman singing", "women"),
    ("flute", "flutes"), ("guitar", "guitars"), ("hard", "hard rock"),
    ("harpsichord", "harpsicord"), ("heavy", "heavy metal", "metal"), ("horn", "horns"),
    ("india", "indian"), ("jazz", "jazzy"),
    ("male", "male singer", "male vocal", "male vocals", "male voice", "man", "man singing",
     "men"),
    ("no beat", "no drums"),
    ("no singer", "no singing", "no vocal", "no vocals", "no voice", "no voices", "instrumental"),
    ("opera", "operatic"), ("orchestra", "orchestral"), ("quiet", "silence"),
    ("singer", "singing"), ("space", "spacey"), ("string", "strings"), ("synth", "synthesizer"),
    ("violin", "violins"), ("vocal", "vocals", "voice", "voices"), ("strange", "weird"),
)  # fmt: skip
# Of what the merged tags are, where the first alone would mislead.
_MERGED_GROUPS = {"hard": "genre", "heavy": "genre"}

# The main-genre map of an earlier project (musicCV), which took tags for their words: "hip hop"
# was never found there, and "not rock" was rock.
GENRES = {
    "rock": ("rock", "punk"),
    "metal": ("metal",),
    "pop": ("pop",),
    "electronic": ("electronic", "electro", "techno", "trance", "house"),
    "hip hop": ("hip hop", "rap"),
    "classical": ("classical", "orchestral"),
    "jazz": ("jazz", "blues"),
    "folk": ("folk", "country"),
    "ambient": ("ambient", "drone"),
}
_DENIALS = {"not rock": "rock", "not classical": "classical"}

_FIRST = {tag: tags[0] for tags in SYNONYMS for tag in tags}
_GENRE_OF = {tag: genre for genre, tags in GENRES.items() for tag in tags}


def needed(labels: Labels) -> frozenset[str]:
    """Return the tags that must be known of every clip."""
    return {
        "all": frozenset(TAGS), "merged": frozenset(TAGS), "top50": frozenset(TOP50),
        "genre": frozenset({*_GENRE_OF, *_DENIALS}),
    }[labels]  # fmt: skip


def vocabulary(labels: Labels, known: frozenset[str]) -> Vocabulary:
    """Return the vocabulary; of the fifty, those among ``known``."""
    if labels == "genre":
        return Vocabulary(tuple(GENRES), "single", aliases={"hip-hop": "hip hop"})
    if labels == "merged":
        return _multi(tuple(dict.fromkeys(_FIRST.get(tag, tag) for tag in TAGS)), _MERGED_GROUPS)
    order = TAGS if labels == "all" else TOP50
    return _multi(tuple(tag for tag in order if tag in known), {})


def labeller(labels: Labels, known: frozenset[str]) -> Labeller:
    """Return what gives a clip's labels, in the order of its tags.

    A clip has a genre only where its tags agree on one, and none of them denies it.
    """
    if labels == "genre":
        return _genre
    if labels == "merged":
        return lambda tags: tuple(dict.fromkeys(_FIRST.get(tag, tag) for tag in tags))
    wanted = frozenset(TAGS if labels == "all" else TOP50) & known
    return lambda tags: tuple(tag for tag in tags if tag in wanted)


def _genre(tags: Iterable[str]) -> tuple[str, ...]:
    borne = set(tags)
    found = {_GENRE_OF[tag] for tag in borne if tag in _GENRE_OF}
    if len(found) > 1 or any(genre in found for tag, genre in _DENIALS.items() if tag in borne):
        return ()
    return tuple(found)


def _multi(labels: tuple[str, ...], groups: dict[str, str]) -> Vocabulary:
    known = crosswalk.read("mtt188").groups(labels)
    return Vocabulary(labels, "multi", known | {n: g for n, g in groups.items() if n in known})
