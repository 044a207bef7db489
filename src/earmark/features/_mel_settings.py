"""What settings of mel spectra can and cannot be, alone and together."""

from __future__ import annotations

from earmark.features._compression import Compression

_DEFAULT_OFFSET, _DEFAULT_TOP_DB = 0.01, 80.0  # left as they are they say nothing


def refuse_window(window_length: int | None, n_fft: int) -> None:
    """Refuse a window that does not fit into the transform.

    Raises:
        ValueError: names the setting.
    """
    if window_length is not None and not 16 <= window_length <= n_fft:
        raise ValueError(f"'window_length' is {window_length}; expected 16 to 'n_fft', which is "
                         f"{n_fft}.")


def refuse_range(fmin_hz: float, fmax_hz: float | None, sample_rate: int) -> None:
    """Refuse mel bands from nowhere to nowhere.

    Raises:
        ValueError: names the setting.
    """
    half = sample_rate / 2
    if fmax_hz is not None and not 0 < fmax_hz <= half:
        raise ValueError(f"'fmax_hz' is {fmax_hz:g}; expected more than 0 and at most half the "
                         f"sample rate, {half:g}.")
    most = half if fmax_hz is None else fmax_hz
    if not 0 <= fmin_hz < most:
        raise ValueError(f"'fmin_hz' is {fmin_hz:g}; expected 0 to less than {most:g}, where the "
                         "highest band ends.")


def refuse_compression(
    compression: Compression, spectrum: str, offset: float, reference: str, top_db: float | None
) -> None:
    """Refuse settings that would count for nothing, or mean something else than they say.

    Raises:
        ValueError: names the settings.
    """
    if not 1e-10 <= offset <= 1:
        raise ValueError(f"'offset' is {offset:g}; expected 1e-10 to 1.")
    if compression == "decibels" and spectrum == "magnitude":
        raise ValueError("'spectrum' is 'magnitude' and 'compression' is 'decibels', which are of "
                         "power; choose 'power', or compression 'log'.")
    if compression != "log" and offset != _DEFAULT_OFFSET:
        raise ValueError(f"'offset' is {offset:g} and 'compression' is '{compression}', which has "
                         "none; leave it out, or choose compression 'log'.")
    if compression != "decibels":
        _refuse_levels(compression, reference, top_db)


def _refuse_levels(compression: Compression, reference: str, top_db: float | None) -> None:
    if reference != "one":
        raise ValueError(f"'reference' is '{reference}' and 'compression' is '{compression}'; only "
                         "decibels have a reference: leave it out.")
    if top_db not in (None, _DEFAULT_TOP_DB):
        raise ValueError(f"'top_db' is {top_db:g} and 'compression' is '{compression}'; only "
                         "decibels are cut off: leave it out.")
