"""The published musicnn package at work, for ``benchmarks.imported`` to stand beside.

Runs in an environment of its own, with musicnn, TensorFlow, tf_keras and librosa, and without
Earmark. Reads ``VARIANT<TAB>FILE`` lines from standard input, calls the package's ``extractor``,
and prints ``RESULT`` and JSON: CPU and wall seconds, the most memory so far, and the mean score of
each tag.

One line of the package is put right: ``10000 * mel`` overflows float16 under NumPy 2, where NumPy
1 took it in float32.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main():
    """Answer line after line; the first answer holds the start of TensorFlow."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    import librosa
    import musicnn.extractor as package
    import numpy as np
    from musicnn import configuration as config

    def batch_data(audio_file, n_frames, overlap):
        audio, sample_rate = librosa.load(audio_file, sr=config.SR)
        mel = librosa.feature.melspectrogram(
            y=audio, sr=sample_rate, hop_length=config.FFT_HOP, n_fft=config.FFT_SIZE,
            n_mels=config.N_MELS).T.astype(np.float16)
        logs = np.log10(np.float32(10_000) * mel.astype(np.float32) + np.float32(1))
        starts = range(0, len(logs) - n_frames + 1, overlap)
        return np.stack([logs[i : i + n_frames] for i in starts]), logs

    package.batch_data = batch_data
    for line in sys.stdin:
        variant, file = line.rstrip("\n").split("\t")
        taggram, labels = package.extractor(file, model=variant, extract_features=False)
        means = np.asarray(taggram).mean(axis=0)
        answer = {
            "cpu": time.process_time() - begun_cpu,
            "wall": time.perf_counter() - begun,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "scores": dict(zip(labels, map(float, means), strict=True)),
        }
        print("RESULT", json.dumps(answer), flush=True)
        begun, begun_cpu = time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
