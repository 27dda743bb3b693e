"""faiss_check.py FOLDER: reads the index files that we wrote and writes ones for us to read.

ours-KIND.index: searched with queries.f32, the ten best ids of each go to ours-KIND.json. theirs-KIND.index and
theirs-KIND.json: the other way round.
"""

import json
import sys

import faiss
import numpy

folder = sys.argv[1]
rows = numpy.fromfile(f"{folder}/rows.f32", dtype="<f4").reshape(-1, 64)
queries = numpy.fromfile(f"{folder}/queries.f32", dtype="<f4").reshape(-1, 64)
ids = numpy.arange(len(rows), dtype="int64") * 7 + 1000
faiss.omp_set_num_threads(1)


def best(index):
    return index.search(queries, 10)[1].tolist()


for kind in ["flat", "bytes", "halves"]:
    with open(f"{folder}/ours-{kind}.json", "w") as file:
        json.dump(best(faiss.read_index(f"{folder}/ours-{kind}.index")), file)
    for wraps in [False, True]:
        if kind == "flat":
            inner = faiss.IndexFlatIP(64)
        else:
            quantizer = faiss.ScalarQuantizer
            kinds = {"bytes": quantizer.QT_8bit, "halves": quantizer.QT_fp16}
            inner = faiss.IndexScalarQuantizer(64, kinds[kind], faiss.METRIC_INNER_PRODUCT)
        inner.train(rows)
        index = inner
        if wraps:
            index = faiss.IndexIDMap2(inner)
            index.add_with_ids(rows, ids)
        else:
            index.add(rows)
        name = f"{folder}/theirs-{kind}{'-ids' if wraps else ''}"
        faiss.write_index(index, f"{name}.index")
        with open(f"{name}.json", "w") as file:
            json.dump(best(index), file)
