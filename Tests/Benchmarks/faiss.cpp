// Searches files of vectors with FAISS's C++ library on one thread, one question at a time.
//
//   faiss FOLDER SIZE: one line a kind of index: its name, p50 and p99 in milliseconds, recall@10.
//
// Needs Debian's libfaiss-dev. vectors.py compiles and runs it.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <faiss/IndexFlat.h>
#include <faiss/IndexScalarQuantizer.h>
#include <omp.h>

namespace {

constexpr int dimension = 1536;
constexpr int found = 10;
constexpr int rounds = 3;

std::vector<float> read(const std::string &path) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(fopen(path.c_str(), "rb"), fclose);
  if (!file) throw std::runtime_error("cannot open " + path);
  fseek(file.get(), 0, SEEK_END);
  std::vector<float> values(ftell(file.get()) / sizeof(float));
  rewind(file.get());
  if (fread(values.data(), sizeof(float), values.size(), file.get()) != values.size())
    throw std::runtime_error("cannot read " + path);
  return values;
}

std::vector<std::int64_t> search(const faiss::Index &index, const float *question) {
  std::vector<float> scores(found);
  std::vector<std::int64_t> rows(found);
  index.search(1, question, found, scores.data(), rows.data());
  return rows;
}

void report(
    const char *name, const faiss::Index &index, const std::vector<float> &questions,
    std::vector<std::vector<std::int64_t>> &exact) {
  const size_t count = questions.size() / dimension;
  const bool isExact = exact.empty();
  std::vector<double> times;
  size_t right = 0;
  for (int round = 0; round < rounds; round++) {
    for (size_t number = 0; number < count; number++) {
      const auto start = std::chrono::steady_clock::now();
      auto rows = search(index, questions.data() + number * dimension);
      const std::chrono::duration<double, std::milli> time =
          std::chrono::steady_clock::now() - start;
      times.push_back(time.count());
      if (round > 0) continue;
      if (isExact) exact.push_back(rows);
      for (auto row : rows)
        right += std::count(exact[number].begin(), exact[number].end(), row);
    }
  }
  std::sort(times.begin(), times.end());
  printf(
      "%s\t%.4f\t%.4f\t%.4f\n", name, times[times.size() / 2], times[times.size() * 99 / 100],
      double(right) / double(count * found));
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 3) return fprintf(stderr, "usage: faiss FOLDER SIZE\n"), 2;
  omp_set_num_threads(1);
  try {
    const std::string path = std::string(arguments[1]) + "/" + arguments[2];
    const auto rows = read(path + ".f32");
    const auto questions = read(path + "-questions.f32");
    std::vector<std::vector<std::int64_t>> exact;
    const std::int64_t size = rows.size() / dimension;
    {
      faiss::IndexFlatIP flat(dimension);
      flat.add(size, rows.data());
      report("flat", flat, questions, exact);
    }
    faiss::IndexScalarQuantizer bytes(
        dimension, faiss::ScalarQuantizer::QT_8bit, faiss::METRIC_INNER_PRODUCT);
    bytes.train(size, rows.data());
    bytes.add(size, rows.data());
    report("SQ8", bytes, questions, exact);
  } catch (const std::exception &error) {
    fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
