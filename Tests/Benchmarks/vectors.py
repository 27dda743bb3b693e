"""The search index beside FAISS and NumPy: the same vectors and questions, one thread, one question at a time.

`martlet-bench vectors` makes the vectors and measures ours; the FAISS wheel of PyPI and NumPy follow, and
Debian's C++ library where libfaiss-dev is installed. Medians, and how many times as long as ours.

    .build/venv/bin/python Tests/Benchmarks/vectors.py [10000 100000]
"""

import os
import pathlib
import subprocess
import sys
import time

# Before NumPy loads its BLAS.
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

import faiss
import numpy

DIMENSION = 1536
FOUND = 10
ROUNDS = 3

root = pathlib.Path(__file__).resolve().parents[2]
folder = root / ".build" / "vectors"
program = pathlib.Path(os.environ.get("MARTLET_BENCH", root / ".build" / "release" / "martlet-bench"))
faiss.omp_set_num_threads(1)


def ours(size):
    """Rows of `martlet-bench vectors` by their kernels: p50, p99, recall."""
    text = subprocess.run(
        [program, "vectors", str(size)], cwd=root, check=True, capture_output=True, text=True
    ).stdout
    print(text, end="")
    rows = [line.split() for line in text.splitlines()]
    return {row[1]: (float(row[4]), float(row[5]), float(row[6])) for row in rows if row and row[0] == str(size)}


def measure(search, questions, exact):
    times, right = [], 0
    for number in range(ROUNDS):
        for question, best in zip(questions, exact):
            start = time.perf_counter()
            rows = search(question)
            times.append((time.perf_counter() - start) * 1e3)
            if number == 0:
                right += len(set(rows) & set(best))
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.99)], right / (len(questions) * FOUND)


def by_numpy(rows):
    def search(question):
        scores = rows @ question
        best = numpy.argpartition(-scores, FOUND)[:FOUND]
        return best[numpy.argsort(-scores[best])].tolist()

    return search


def by_faiss(index, rows):
    index.train(rows)
    index.add(rows)
    return lambda question: index.search(question[None, :], FOUND)[1][0].tolist()


def in_python(size):
    rows = numpy.fromfile(folder / f"{size}.f32", dtype="<f4").reshape(-1, DIMENSION)
    questions = numpy.fromfile(folder / f"{size}-questions.f32", dtype="<f4").reshape(-1, DIMENSION)
    exact = numpy.argsort(-(questions @ rows.T), axis=1)[:, :FOUND].tolist()
    wheel = f"FAISS {faiss.__version__} of PyPI"
    yield f"NumPy {numpy.__version__}", measure(by_numpy(rows), questions, exact)
    yield f"{wheel}, flat", measure(by_faiss(faiss.IndexFlatIP(DIMENSION), rows), questions, exact)
    quantizer = faiss.IndexScalarQuantizer(DIMENSION, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    yield f"{wheel}, SQ8", measure(by_faiss(quantizer, rows), questions, exact)


def compiled():
    """The program that uses Debian's library; None where that is not installed."""
    target = folder / "faiss"
    source = pathlib.Path(__file__).with_name("faiss.cpp")
    flags = os.environ.get("FAISS_FLAGS", "").split()
    command = ["g++", "-std=c++17", "-O3", "-fopenmp", source, "-o", target, *flags]
    done = subprocess.run([*command, "-lfaiss", "-llapack", "-lblas"], capture_output=True, text=True)
    if done.returncode == 0:
        return target
    if "faiss/IndexFlat.h" in done.stderr:
        print("Debian's FAISS is not measured: libfaiss-dev is not installed")
        return None
    raise SystemExit(done.stderr)


def of_debian(target, size):
    text = subprocess.run([target, folder, str(size)], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        name, *figures = line.split("\t")
        yield f"FAISS of Debian, {name}", tuple(float(figure) for figure in figures)


def main(sizes):
    folder.mkdir(parents=True, exist_ok=True)
    target = compiled()
    for size in sizes:
        kernels = ours(size)
        best = min(kernels.values())[0]
        rows = [(f"ours, {name}", figures) for name, figures in kernels.items()]
        rows += in_python(size)
        if target:
            rows += of_debian(target, size)
        print(f"\n{size} vectors of {DIMENSION}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        print(f"{'':<32}{'p50 ms':>9}{'p99 ms':>9}{'recall@10':>11}{'ratio':>8}")
        for name, (median, slow, recall) in rows:
            print(f"{name:<32}{median:>9.2f}{slow:>9.2f}{recall:>11.4f}{median / best:>8.1f}")
        print()


main([int(size) for size in sys.argv[1:]] or [10_000, 100_000])
