"""The same vectors and questions as `martlet-bench vectors`, searched by FAISS and NumPy on one thread."""

import pathlib
import subprocess
import sys
import time

import faiss
import numpy

root = pathlib.Path(__file__).resolve().parents[2]
folder = root / ".build" / "vectors"
program = root / ".build" / "release" / "martlet-bench"
subprocess.run([program, "vectors"], cwd=root, check=True)
faiss.omp_set_num_threads(1)


def milliseconds(work, arguments):
    times = []
    for argument in arguments:
        start = time.perf_counter()
        work(argument)
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.99)]


def report(size, name, build):
    rows = numpy.fromfile(folder / f"{size}.f32", dtype="<f4").reshape(-1, 1536)
    questions = numpy.fromfile(folder / f"{size}-questions.f32", dtype="<f4").reshape(-1, 1536)
    exact = numpy.argsort(-(questions @ rows.T), axis=1)[:, :10]
    search = build(rows)
    right = sum(
        len(set(search(question[None, :])) & set(best)) for question, best in zip(questions, exact.tolist())
    )
    median, slow = milliseconds(lambda question: search(question[None, :]), list(questions) * 2)
    print(f"{size:<8} {name:<14} p50 {median:6.2f} ms  p99 {slow:6.2f} ms  recall@10 {right / exact.size:.4f}")


def by_numpy(rows):
    def search(question):
        scores = rows @ question[0]
        best = numpy.argpartition(-scores, 10)[:10]
        return best[numpy.argsort(-scores[best])].tolist()

    return search


def by_faiss(index):
    def build(rows):
        index.train(rows)
        index.add(rows)
        return lambda question: index.search(question, 10)[1][0].tolist()

    return build


for size in [10_000, 100_000]:
    report(size, "numpy", by_numpy)
    report(size, "faiss flat", by_faiss(faiss.IndexFlatIP(1536)))
    quantizer = faiss.IndexScalarQuantizer(1536, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    report(size, "faiss SQ8", by_faiss(quantizer))
sys.exit(0)
