// Performance of the engine, one JSON line a measurement: medians over repeats, beside the machine's own rate of large
// matrix multiplication, measured in the same process.
//
//   sparseconv_bench COORDINATES [--threads N] [--channels IN:OUT,...] [--repeats N] [--only NAME] [--ordered]
//   [--cpu-time] [--dtype float32|bfloat16|float16]
//
// --dtype is the type of the features; weights and their gradients are float32.
// --cpu-time measures the processor time of the process, for one thread on a busy machine.
// COORDINATES: little-endian int32 rows (batch, x, y, z). Rows are shuffled unless --ordered is given. --only takes one
// of map, rulebook, sgemm, forward, backward_input, backward_weight. SPARSECONV_BLAS names a library with cblas_sgemm
// to take the ceiling from; without it, the ceiling is the better of the engine's own kernel run densely and what
// libopenblas.so.0 reaches, where that is installed.
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <new>
#include <numeric>
#include <random>
#include <sstream>

#include "handles.h"

namespace {

struct Options {
  std::string coordinates;
  int32_t threads = 0;
  std::vector<std::pair<int64_t, int64_t>> channels = {{3, 32},  {4, 32},    {17, 20},   {32, 32},  {64, 64},
                                                       {96, 96}, {128, 128}, {256, 256}, {384, 256}};
  int repeats = 7;
  std::string only;
  bool ordered = false;
  bool cpu_time = false;
  std::string dtype = "float32";
};

Options parse(int argc, char **argv) {
  Options options;
  const auto value = [&](int &i) {
    if (++i == argc) throw std::runtime_error(std::string(argv[i - 1]) + " needs a value");
    return std::string(argv[i]);
  };
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--threads") {
      options.threads = std::stoi(value(i));
    } else if (name == "--repeats") {
      options.repeats = std::stoi(value(i));
    } else if (name == "--dtype") {
      options.dtype = value(i);
    } else if (name == "--only") {
      options.only = value(i);
    } else if (name == "--ordered") {
      options.ordered = true;
    } else if (name == "--cpu-time") {
      options.cpu_time = true;
    } else if (name == "--channels") {
      options.channels.clear();
      std::stringstream list(value(i));
      for (std::string item; std::getline(list, item, ',');) {
        const std::size_t colon = item.find(':');
        options.channels.emplace_back(std::stoll(item), std::stoll(item.substr(colon + 1)));
      }
    } else {
      options.coordinates = name;
    }
  }
  if (options.coordinates.empty()) throw std::runtime_error("no file of coordinates given");
  return options;
}

std::vector<int32_t> read_coordinates(const Options &options) {
  std::ifstream file(options.coordinates, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + options.coordinates);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<int32_t> values(bytes.size() / 16 * 4);
  std::memcpy(values.data(), bytes.data(), values.size() * 4);
  if (options.ordered) return values;
  std::vector<std::size_t> order(values.size() / 4);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  std::vector<int32_t> shuffled;
  for (const std::size_t row : order) shuffled.insert(shuffled.end(), &values[row * 4], &values[row * 4] + 4);
  return shuffled;
}

class Bench {
 public:
  explicit Bench(const Options &options) : options_(options) {}

  // Median milliseconds, after one run to warm up.
  double measure(const std::function<void()> &body) const {
    std::vector<double> times;
    for (int i = 0; i <= options_.repeats; ++i) {
      const double start = now();
      body();
      if (i > 0) times.push_back(now() - start);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }

  int32_t type() const {
    if (options_.dtype == "float32") return SPC_FLOAT32;
    if (options_.dtype == "bfloat16") return SPC_BFLOAT16;
    if (options_.dtype == "float16") return SPC_FLOAT16;
    throw std::runtime_error("--dtype is " + options_.dtype + ", must be float32, bfloat16 or float16");
  }

  bool wants(const std::string &name) const { return options_.only.empty() || options_.only == name; }

  void print(const std::string &name, double ms, int64_t rows, int64_t pairs, int64_t in, int64_t out) const {
    const char *isa = "";
    test::ok(spc_isa(&isa));
    std::printf("{\"bench\":\"%s\",\"voxels\":%lld,\"pairs\":%lld,\"threads\":%d,\"isa\":\"%s\",\"ms\":%.4f",
                name.c_str(), static_cast<long long>(rows), static_cast<long long>(pairs), spc_threads(), isa, ms);
    if (in > 0) {
      const double gflops = 2e-6 * static_cast<double>(pairs) * static_cast<double>(in * out) / ms;
      std::printf(",\"cin\":%lld,\"cout\":%lld,\"dtype\":\"%s\",\"gflops\":%.1f", static_cast<long long>(in),
                  static_cast<long long>(out), options_.dtype.c_str(), gflops);
      if (ceiling_ > 0) std::printf(",\"of_sgemm\":%.3f", gflops / ceiling_);
    }
    std::printf("}\n");
    std::fflush(stdout);
  }

  void set_ceiling(double gflops) { ceiling_ = gflops; }

 private:
  double now() const {
    timespec time{};
    clock_gettime(options_.cpu_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
  }

  const Options &options_;
  double ceiling_ = 0;
};

// Memory as tensors have it: no row begins amid a line of the cache where rows are whole lines.
template <class T>
struct Lines {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};
  T *allocate(std::size_t count) { return static_cast<T *>(::operator new(count * sizeof(T), kLine)); }
  void deallocate(T *memory, std::size_t) { ::operator delete(memory, kLine); }
  bool operator==(const Lines &) const { return true; }
};
using Floats = std::vector<float, Lines<float>>;

const oracle::Geometry kCube3{{3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
const oracle::Geometry kCube5{{5, 5, 5}, {1, 1, 1}, {1, 1, 1}, {2, 2, 2}};
const oracle::Geometry kLine3{{1, 1, 3}, {1, 1, 1}, {1, 1, 1}, {0, 0, 1}};
const oracle::Geometry kDown2{{2, 2, 2}, {2, 2, 2}, {1, 1, 1}, {0, 0, 0}};
const oracle::Geometry kDown3{{3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1}};

test::Map insert(const std::vector<int32_t> &coordinates) {
  spc_map *map = nullptr;
  test::ok(spc_map_create(coordinates.data(), static_cast<int64_t>(coordinates.size()) / 4, 3, -1, nullptr, &map));
  return test::Map(map);
}

void bench_maps(const Bench &bench, const std::vector<int32_t> &coordinates) {
  const test::Map map = insert(coordinates);
  const int64_t rows = spc_map_rows(map.get());
  if (bench.wants("map")) {
    bench.print("map_insert", bench.measure([&] { insert(coordinates); }), rows, 0, 0, 0);
    std::printf("{\"bench\":\"map_bytes\",\"bytes_a_voxel\":%.2f}\n",
                static_cast<double>(spc_map_bytes(map.get())) / static_cast<double>(rows));
  }
  if (!bench.wants("rulebook")) return;
  const auto same = [&](const std::string &name, const oracle::Geometry &geometry) {
    const test::Rulebook rulebook = test::make_rulebook(map, map, geometry);
    const int64_t pairs = spc_rulebook_pairs(rulebook.get());
    bench.print(name, bench.measure([&] { test::make_rulebook(map, map, geometry); }), rows, pairs, 0, 0);
    std::printf("{\"bench\":\"%s_bytes\",\"bytes_a_pair\":%.2f}\n", name.c_str(),
                static_cast<double>(spc_rulebook_bytes(rulebook.get())) / static_cast<double>(pairs));
  };
  same("rulebook_subm3", kCube3);
  same("rulebook_subm5", kCube5);
  same("rulebook_subm113", kLine3);
  const auto strided = [&](const std::string &name, const oracle::Geometry &geometry) {
    const test::Map coarse = test::coarsen(map, geometry, SPC_DILATE, {});
    const test::Rulebook rulebook = test::make_rulebook(coarse, map, geometry);
    const int64_t pairs = spc_rulebook_pairs(rulebook.get());
    bench.print("coarsen_" + name, bench.measure([&] { test::coarsen(map, geometry, SPC_DILATE, {}); }), rows, 0, 0, 0);
    bench.print("rulebook_" + name, bench.measure([&] { test::make_rulebook(coarse, map, geometry); }), rows, pairs, 0,
                0);
  };
  strided("k2s2", kDown2);
  strided("k3s2", kDown3);
  bench.print("refine_k2s2", bench.measure([&] { test::refine(map, kDown2, {}); }), rows, 0, 0, 0);
  // From raw coordinates.
  bench.print("insert_and_subm3", bench.measure([&] {
    const test::Map fresh = insert(coordinates);
    test::make_rulebook(fresh, fresh, kCube3);
  }),
              rows, 0, 0, 0);
  const auto down = [&](const std::string &name, const oracle::Geometry &geometry) {
    bench.print("insert_and_" + name, bench.measure([&] {
      const test::Map fresh = insert(coordinates);
      test::make_rulebook(test::coarsen(fresh, geometry, SPC_DILATE, {}), fresh, geometry);
    }),
                rows, 0, 0, 0);
  };
  down("k2s2", kDown2);
  down("k3s2", kDown3);
  bench.print("insert_and_refine_k2s2", bench.measure([&] {
    const test::Map fresh = insert(coordinates);
    test::make_rulebook(fresh, test::refine(fresh, kDown2, {}), kDown2);
  }),
              rows, 0, 0, 0);
}

// A large product by the engine's own kernel: one tap that pairs each row with itself.
double dense_gflops(const Bench &bench) {
  constexpr int64_t kRows = 8192, kChannels = 512;
  std::vector<int32_t> line;
  for (int32_t i = 0; i < kRows; ++i) line.insert(line.end(), {0, 0, 0, i});
  const test::Map map = insert(line);
  const test::Rulebook rulebook = test::make_rulebook(map, map, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}});
  Floats x(kRows * kChannels, 0.5f), w(kChannels * kChannels, 0.25f), y(kRows * kChannels);
  const spc_matrix input = test::view(x, kRows, kChannels), weight = test::view(w, kChannels, kChannels);
  const spc_matrix output = test::view(y, kRows, kChannels);
  int64_t bytes = 0;
  test::ok(spc_convolution_workspace(rulebook.get(), SPC_FINE_TO_COARSE, SPC_FORWARD, 1, kChannels, kChannels,
                                     SPC_FLOAT32, &bytes));
  test::Workspace space(bytes);
  const double ms = bench.measure([&] {
    test::ok(spc_convolution_forward(rulebook.get(), SPC_FINE_TO_COARSE, 1, &input, &weight, nullptr, nullptr, nullptr,
                                     SPC_IDENTITY, space.data(), space.bytes(), nullptr, &output));
  });
  return 2e-6 * kRows * kChannels * kChannels / ms;
}

// 0 where there is no such library.
double blas_gflops(const Bench &bench) {
  const char *name = std::getenv("SPARSECONV_BLAS");
  void *library = dlopen(name != nullptr ? name : "libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return 0;
  using Sgemm =
      void (*)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
  const auto sgemm = reinterpret_cast<Sgemm>(dlsym(library, "cblas_sgemm"));
  const auto set_threads = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"));
  if (sgemm == nullptr) return 0;
  if (set_threads != nullptr) set_threads(spc_threads());
  constexpr int kSize = 2048, kRowMajor = 101, kPlain = 111;
  Floats a(kSize * kSize, 0.5f), b(kSize * kSize, 0.25f), c(kSize * kSize);
  const double ms = bench.measure([&] {
    sgemm(kRowMajor, kPlain, kPlain, kSize, kSize, kSize, 1.0f, a.data(), kSize, b.data(), kSize, 0.0f, c.data(),
          kSize);
  });
  return 2e-6 * kSize * kSize * kSize / ms;
}

void bench_convolution(const Bench &bench, const std::vector<int32_t> &coordinates, int64_t in, int64_t out) {
  const test::Map map = insert(coordinates);
  const test::Rulebook rulebook = test::make_rulebook(map, map, kCube3);
  const int64_t rows = spc_map_rows(map.get()), pairs = spc_rulebook_pairs(rulebook.get());
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  const auto filled = [&](int64_t count) {
    Floats values(static_cast<std::size_t>(count));
    for (float &value : values) value = uniform(random);
    return values;
  };
  Floats x = filled(rows * in), w = filled(27 * in * out), g = filled(rows * out), b = filled(out);
  Floats y(g.size()), dx(x.size()), dw(w.size()), db(b.size());
  // Any 16-bit numbers of a moderate size: the time does not depend on them, nor on room to spare.
  const auto features = [&](Floats &values, int64_t columns) {
    spc_matrix view = test::view(values, rows, columns);
    view.element_type = bench.type();
    if (view.element_type == SPC_FLOAT32) return view;
    auto *const halves = static_cast<uint16_t *>(view.data);
    for (std::size_t i = 0; i < values.size(); ++i) halves[i] = static_cast<uint16_t>(0x3800u | (random() & 0x83ffu));
    return view;
  };
  const spc_matrix x_view = features(x, in), w_view = test::view(w, 27 * in, out), b_view = test::view(b, 1, out);
  const spc_matrix g_view = features(g, out), y_view = features(y, out);
  const spc_matrix dx_view = features(dx, in), dw_view = test::view(dw, 27 * in, out);
  const spc_matrix db_view = test::view(db, 1, out);
  const auto run = [&](const std::string &name, int32_t pass, const std::function<spc_status(void *, int64_t)> &call) {
    if (!bench.wants(name)) return;
    int64_t bytes = 0;
    test::ok(spc_convolution_workspace(rulebook.get(), SPC_FINE_TO_COARSE, pass, 1, in, out, bench.type(), &bytes));
    test::Workspace space(bytes);
    bench.print(name, bench.measure([&] { test::ok(call(space.data(), space.bytes())); }), rows, pairs, in, out);
  };
  run("forward", SPC_FORWARD, [&](void *space, int64_t bytes) {
    return spc_convolution_forward(rulebook.get(), SPC_FINE_TO_COARSE, 1, &x_view, &w_view, nullptr, &b_view, nullptr,
                                   SPC_IDENTITY, space, bytes, nullptr, &y_view);
  });
  run("backward_input", SPC_BACKWARD_INPUT, [&](void *space, int64_t bytes) {
    return spc_convolution_backward_input(rulebook.get(), SPC_FINE_TO_COARSE, 1, &g_view, &w_view, space, bytes,
                                          nullptr, &dx_view);
  });
  run("backward_weight", SPC_BACKWARD_WEIGHT, [&](void *space, int64_t bytes) {
    return spc_convolution_backward_weight(rulebook.get(), SPC_FINE_TO_COARSE, 1, &x_view, &g_view, space, bytes,
                                           nullptr, &dw_view, &db_view);
  });
}

}  // namespace

int main(int argc, char **argv) try {
  const Options options = parse(argc, argv);
  if (options.threads > 0) test::ok(spc_set_threads(options.threads));
  const std::vector<int32_t> coordinates = read_coordinates(options);
  Bench bench(options);
  const double dense = dense_gflops(bench), blas = blas_gflops(bench);
  std::printf("{\"bench\":\"sgemm\",\"threads\":%d,\"own_gflops\":%.1f,\"blas_gflops\":%.1f}\n", spc_threads(), dense,
              blas);
  bench.set_ceiling(std::max(dense, blas));
  bench_maps(bench, coordinates);
  for (const auto &[in, out] : options.channels) bench_convolution(bench, coordinates, in, out);
  return 0;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
