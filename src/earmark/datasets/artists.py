"""Who made a file: from its tags, else from the folders it lies in, else from its name.

A model must not be judged on artists it has learnt from, so the artist is worth some guessing;
but a wrong guess that gives every track an artist of its own looks like knowledge and is none.
Hence what a tag says goes first, names that mean nothing (``Various Artists``, ``CD 1``,
``2019``) are nobody's, and each credit says where it is from.

Read from the folders below the label: ``Artist/Album/01 Title.mp3`` and ``Artist/Title.mp3``;
from names: ``Artist - Title.mp3``, ``01 - Artist - Title.mp3``, ``Artist_-_Title.mp3``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

Origin = Literal["table", "tags", "folders", "names", "unknown"]

_FEATURED = re.compile(r"[\s(\[]+(?:feat|ft|featuring)(?:\.|\s).*")
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "&": " and "})
_VARIOUS = frozenset({"variousartists", "various", "va", "compilation", "compilations",
                      "soundtrack", "soundtracks", "sampler"})  # fmt: skip
_NOBODY = _VARIOUS | frozenset({"unknown", "unknownartist", "unknownalbum", "artist", "noartist",
                                "none", "na", "null", "nan", "undefined"})  # fmt: skip
_HOLDERS = _NOBODY | frozenset({  # folders that only hold; in a tag 'Train' is a band
    "artists", "untitled", "misc", "other", "others", "music", "audio", "songs", "tracks",
    "samples", "clips", "albums", "album", "singles", "downloads", "mp3", "mp3s", "wav", "wavs",
    "flac", "ogg", "train", "valid", "validation", "test", "new", "newfolder",
})  # fmt: skip
_DISC = re.compile(r"(?:cd|dis[ck]|vol(?:ume)?|side|part|track|audiotrack)\W*[0-9a-d]{0,3}")
_DASH = re.compile(r"(?:\s+[-\u2013\u2014]\s+|_+[-\u2013\u2014]_+)")
# A number and what parts it from the rest: '7. ', '12 - ' tell a track number, '12-', '12 ' may
_NUMBER = re.compile(
    r"(?P<number>\d{1,3}(?P<disc>-\d\d)?)(?:(?P<mark>\s*[.)]\s*|[\s_]*-[\s_]+)|[-_]|\s+)"
)
_ONLY_NUMBER = re.compile(r"\d{1,2}|0\d\d|(?:19|20)\d\d")
_PART = re.compile(
    r"(?:[\s._-]*[(\[]?(?<![^\W\d_])(?:part|pt|clip|seg|segment|chunk|excerpt|slice|section)"
    r"[\s._-]*\d{1,4}[)\]]?|(?<=\.\d{5})\.\d{1,3})$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Credit:
    """What is known of who made a file.

    Attributes:
        artist: spelt alike for equal artists of one collection; None when unknown.
        album: likewise, with its artist before it, since many albums are called alike.
        title: as written; None when unknown.
        origin: where the artist is from.
    """

    artist: str | None = None
    album: str | None = None
    title: str | None = None
    origin: Origin = "unknown"


class Name(NamedTuple):
    """What the name of a file or folder says."""

    artist: str | None
    album: str | None
    title: str | None


def credit(root: Path, paths: Sequence[str], *, folders: bool = True) -> list[Credit]:
    """Return a credit for each file; tags are read without decoding and never fail.

    Args:
        paths: relative to ``root``, with ``/``.
        folders: whether the first folder of a path is its label and those below may name the
            artist; without, only tags and file names count. An artist called like the label is
            none.
    """
    named = _names(paths)
    found = []
    for path, name in zip(paths, named, strict=True):
        label, *below = PurePosixPath(path).parts[:-1] if folders else [""]
        given = _credit(read_tags(root / path), from_folders(below), name, fold(label))
        found.append(given)
    return _unified(found)


def read_tags(path: Path) -> Credit:
    """Return what the file's tags say; nothing for a file without, a broken or a foreign one."""
    from tinytag import TinyTag

    try:
        tag = TinyTag.get(path, duration=False)
    except Exception:  # whatever a broken tag makes its reader do, the sound may be good
        return Credit()
    composer = getattr(tag, "composer", None)
    artists = [somebody(name) for name in (tag.artist, tag.albumartist, composer)]
    artist = next((name for name in artists if name), None)
    album = somebody(tag.album)
    if album:
        # A compilation has one album artist and many artists: all its tracks are of one album.
        album = f"{_clean(tag.albumartist) or artist or '?'} / {album}"
    return Credit(artist, album, _clean(tag.title), "tags" if artist else "unknown")


def from_name(stem: str, *, numbered: bool = False) -> Name:
    """Return artist, album and title as a file's name gives them, each None when it does not.

    Args:
        stem: the name without its suffix.
        numbered: whether the files of the folder begin with track numbers, so that a bare number
            before a space is one, too (``12 Title``, but ``50 Cent - Title`` otherwise).

    >>> from_name("03 - Karissa Hobbs - Let's Go Fishin'")
    Name(artist='Karissa Hobbs', album=None, title="Let's Go Fishin'")
    >>> from_name("50 Cent - In da Club").artist
    '50 Cent'
    >>> from_name("blues.00000")
    Name(artist=None, album=None, title='blues.00000')
    """
    parts = _DASH.split(_unnumbered(stem, numbered))
    pieces = [piece for part in parts if (piece := _clean(part.replace("_", " ")))]
    is_number = [_ONLY_NUMBER.fullmatch(piece) is not None for piece in pieces]
    words = [piece for piece, number in zip(pieces, is_number, strict=True) if not number]
    if len(words) < 2 or not somebody(words[0]):
        return Name(None, None, words[-1] if words else None)
    # 'Artist - Album - 01 - Title'; without the number the middle may be part of the title
    album = words[1] if len(words) > 2 and True in is_number[2:-1] else None
    return Name(words[0], album, words[-1])


def from_folders(folders: Sequence[str]) -> Name:
    """Return artist and album as the folders between the label and the file give them.

    Of one folder it cannot be told whether it names an artist or an album; as a group it serves
    either way, and is taken for the artist.

    >>> from_folders(["ABBA", "Arrival", "CD 1"])
    Name(artist='ABBA', album='Arrival', title=None)
    """
    known = [_clean(name.replace("_", " ")) or "" for name in folders]
    various = any(_key(name) in _VARIOUS for name in known)
    known = [name for name in known if _is_called_after(name)]
    if various:
        return Name(None, known[-1] if known else None, None)
    if len(known) >= 2:
        return Name(known[-2], known[-1], None)
    if not known:
        return Name(None, None, None)
    artist, _, rest = from_name(known[0])  # 'Artist - Album' or '1976 - Album'
    return Name(artist, rest, None) if artist else Name(rest, None, None)


def fold(artist: str) -> str:
    """Return what is equal for the spellings of one artist: the key to compare by.

    Case, accents, punctuation, spaces, a leading or trailing 'The', '&' for 'and', and guests
    ('feat. ...') do not count.

    >>> fold("The Béatles feat. Billy Preston") == fold("BEATLES, The")
    True
    """
    text = _decomposed(artist).translate(_PLAIN)
    text = _FEATURED.sub("", text).strip() or text.strip()
    if text.endswith(", the"):
        text = text.removesuffix(", the")
    text = text.removeprefix("the ").strip() or text
    # A name of nothing but marks is kept as it is: no name is lost.
    return "".join(c for c in text if _counts(c)) or "".join(text.split()) or artist.strip()


def somebody(name: str | None) -> str | None:
    """Return the name on one line, or None where it means nobody (``Various Artists``)."""
    name = _clean(name)
    if name is None or _key(name) in _NOBODY or _DISC.fullmatch(name.casefold()):
        return None
    return name


def song_of(stem: str) -> str | None:
    """Return the song that a clip's name says it is part of; None when it says nothing.

    >>> song_of("track01_part2"), song_of("blues.00000.3"), song_of("blues.00000")
    ('track01', 'blues.00000', None)
    """
    match = _PART.search(stem)
    song = stem[: match.start()] if match else ""
    return song if any(c.isalnum() for c in song) else None


def origins(given: Iterable[Credit]) -> dict[str, int]:
    """Return how many artists are from a table, tags, folders and names, and unknown."""
    counted = Counter(credit.origin for credit in given)
    order: tuple[Origin, ...] = ("table", "tags", "folders", "names", "unknown")
    return {origin: counted[origin] for origin in order}


def told(given: Sequence[Credit]) -> str:
    """Return one sentence on how many artists are known and where from.

    >>> told([Credit("A", origin="tags"), Credit("A", origin="names"), Credit()])
    'artists: 1 known, for 2 of 3 tracks (1 from tags, 1 from names, 1 unknown)'
    """
    counts = origins(given)
    known = len({credit.artist for credit in given if credit.artist})
    said = [f"{n} {'' if origin == 'unknown' else 'from '}{origin}"
            for origin, n in counts.items() if n]  # fmt: skip
    return (f"artists: {known} known, for {len(given) - counts['unknown']} of {len(given)} "
            f"tracks ({', '.join(said)})")


def unify(
    names: Sequence[str | None], key: Callable[[str], str] = fold
) -> list[str | None]:
    """Return the names with equal ones spelt alike: as most often, then as first sorted."""
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        if name:
            spellings[key(name)][name] += 1
    chosen = {of: min(found, key=lambda name: (-found[name], name))
              for of, found in spellings.items()}  # fmt: skip
    return [chosen[key(name)] if name else None for name in names]


def _names(paths: Sequence[str]) -> list[Name]:
    """Read the names of all files, each folder's being asked first whether they bear numbers."""
    stems: defaultdict[str, list[str]] = defaultdict(list)
    for path in map(PurePosixPath, paths):
        stems[str(path.parent)].append(path.stem)
    numbered = {folder: _is_numbered(within) for folder, within in stems.items()}
    return [from_name(p.stem, numbered=numbered[str(p.parent)]) for p in map(PurePosixPath, paths)]


def _is_numbered(stems: Sequence[str]) -> bool:
    """Whether most names begin with a number, and not with that of one artist ('50 Cent')."""
    numbers = [match["number"] for stem in stems if (match := _NUMBER.match(stem))]
    return 2 * len(numbers) > len(stems) > 1 and 2 * len(set(numbers)) > len(numbers)


def _unnumbered(stem: str, numbered: bool) -> str:
    match = _NUMBER.match(stem)
    if match is None:
        return stem
    padded = match["disc"] or match["number"].startswith("0")
    sure = numbered or padded or (match["mark"] and len(match["number"]) < 3)
    return stem[match.end() :] if sure else stem


def _credit(tags: Credit, folder: Name, name: Name, label: str) -> Credit:
    if tags.artist and fold(tags.artist) == label:  # seen in GTZAN: 'blues' as blues.00001's artist
        tags = replace(tags, artist=None, album=None)
    if name.artist and fold(name.artist) == label:
        name = name._replace(artist=None)
    title = tags.title or name.title
    album = tags.album or _album(folder) or _album(name)
    if tags.artist:
        return replace(tags, album=album, title=title)
    # One folder may hold a compilation: there the name of the file knows better.
    if folder.artist and (folder.album or not name.artist):
        return Credit(folder.artist, album, title, "folders")
    if name.artist:
        return Credit(name.artist, album, title, "names")
    return Credit(None, album, title)


def _album(name: Name) -> str | None:
    return f"{name.artist or '?'} / {name.album}" if name.album else None


def _unified(given: Sequence[Credit]) -> list[Credit]:
    artists = unify([c.artist for c in given])
    albums = unify([c.album for c in given], _album_key)
    return [replace(c, artist=artist, album=album)
            for c, artist, album in zip(given, artists, albums, strict=True)]  # fmt: skip


def _album_key(album: str) -> str:
    artist, _, title = album.partition(" / ")
    return f"{fold(artist)}/{_key(_decomposed(title)) or title}"


def _is_called_after(folder: str) -> bool:
    """Whether a folder is called after somebody, and not a drawer ('A', '2019', 'mp3')."""
    key = _key(folder)
    drawer = key in _HOLDERS or key.isdigit() or (len(key) < 2 and key.isascii())
    return not drawer and somebody(folder) is not None


def _clean(name: str | None) -> str | None:
    """Return the name on one line, composed, without spaces around; None when nothing is left."""
    if not name:
        return None
    printable = "".join(c if c.isprintable() else " " for c in name)
    return unicodedata.normalize("NFC", " ".join(printable.split())) or None


def _key(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _decomposed(text: str) -> str:
    """Return the text without case, compatibility forms and the accents of European scripts."""
    for _ in range(2):  # folding the case may make new characters to take apart
        text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in text if not "\u0300" <= c <= "\u036f")


def _counts(character: str) -> bool:
    # The vowel signs of Indic and other scripts are marks; without them names would merge.
    return character.isalnum() or unicodedata.category(character).startswith("M")
