// The C ABI: the library, maps and rulebooks. Only files named api have extern "C".
#include "api.h"

#include "array.h"
#include "cpu/coordinate_map.h"
#include "cpu/isa.h"
#include "cuda/convolution.h"
#include "cuda/coordinate_map.h"
#include "parallel.h"

using namespace spc::api;
using spc::make_merged_sites;
using spc::make_sites;

namespace {

int64_t rows_of(const spc_map &map) {
  return map.sites.ask([](const auto &sites) { return sites.rows; });
}

void write_pairs(const spc::Rulebook &rulebook, int64_t tap, int64_t *fine_rows, int64_t *coarse_rows) {
  rulebook.write_pairs(tap, fine_rows, coarse_rows);
}
void write_pairs(const spc::cuda::Queue &queue, const spc::cuda::Rulebook &rulebook, int64_t tap, int64_t *fine_rows,
                 int64_t *coarse_rows) {
  rulebook.write_pairs(queue, tap, fine_rows, coarse_rows);
}

template <class Make>
spc_status make_map(spc_map **out, const Make &make) noexcept {
  return guard([&] {
    need(out, "out");
    spc::active_loops();
    *out = new spc_map{{}, make()};
  });
}

}  // namespace

extern "C" {

int32_t spc_abi_version(void) {
  return SPC_ABI_VERSION;
}

const char *spc_version(void) {
  return SPC_VERSION;
}

const char *spc_last_error(void) {
  return spc::last_error();
}

spc_status spc_isa(const char **out) {
  return guard([&] {
    need(out, "out");
    *out = spc::active_loops().name;
  });
}

spc_status spc_set_isa(const char *name) {
  return guard([&] { spc::set_active_loops(name); });
}

int32_t spc_isa_count(void) {
  return spc::supported_loops_count();
}

const char *spc_isa_name(int32_t index) {
  const spc::InnerLoops *const loops = index < 0 ? nullptr : spc::supported_loops(index);
  return loops != nullptr ? loops->name : nullptr;
}

int32_t spc_threads(void) {
  return spc::thread_limit();
}

spc_status spc_set_threads(int32_t threads) {
  return guard([&] {
    if (threads < 0) spc::fail_argument("threads is " + std::to_string(threads) + ", must be 0 or more");
    spc::set_thread_limit(threads);
  });
}

spc_status spc_set_thread_source(int32_t (*source)(void)) {
  return guard([&] { spc::set_thread_source(source); });
}

// Before what is given out: its size, in a place of its own cache line.
constexpr std::size_t kMemoryHeader = 64;

spc_status spc_memory_take(int64_t bytes, void **out) {
  return guard([&] {
    need(out, "out");
    if (bytes < 0) spc::fail_argument("bytes is " + std::to_string(bytes) + ", must be 0 or more");
    const std::size_t whole = kMemoryHeader + static_cast<std::size_t>(bytes);
    char *const start = static_cast<char *>(spc::take_memory(whole));
    *reinterpret_cast<std::size_t *>(start) = whole;
    *out = start + kMemoryHeader;
  });
}

void spc_memory_give(void *memory) {
  if (memory == nullptr) return;
  char *const start = static_cast<char *>(memory) - kMemoryHeader;
  spc::give_memory(start, *reinterpret_cast<std::size_t *>(start));
}

int64_t spc_live_objects(void) {
  return live_objects.load();
}

spc_status spc_cuda_device_count(int32_t *out) {
  return guard([&] {
    need(out, "out");
    *out = spc::cuda::Device::count();
  });
}

spc_status spc_cuda_device_name(int32_t device, const char **out) {
  return guard([&] {
    need(out, "out");
    if (device < 0) spc::fail_argument("device is " + std::to_string(device) + ", must be 0 or more");
    *out = spc::cuda::Device::get(device).name().c_str();
  });
}

int32_t spc_tf32(void) {
  return spc::cuda::allows_tf32() ? 1 : 0;
}

spc_status spc_set_tf32(int32_t allow) {
  return guard([&] {
    if (allow != 0 && allow != 1) spc::fail_argument("allow is " + std::to_string(allow) + ", must be 0 or 1");
    spc::cuda::allow_tf32(allow != 0);
  });
}

spc_status spc_map_create(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device, void *stream,
                          spc_map **out) {
  return make_map(out, [&] {
    return spc::run_on(device, stream, [&](const auto &...queue) {
      return Sites(make_sites(queue..., coordinates, rows, dimensions));
    });
  });
}

spc_status spc_map_create_merged(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device,
                                 void *stream, int64_t *map_rows, spc_map **out) {
  return make_map(out, [&] {
    return spc::run_on(device, stream, [&](const auto &...queue) {
      return Sites(make_merged_sites(queue..., coordinates, rows, dimensions, map_rows));
    });
  });
}

spc_status spc_map_coarsen(const spc_map *fine, const spc_geometry *geometry, int32_t rule, const int32_t *bounds,
                           void *stream, spc_map **out) {
  return make_map(out, [&] {
    need(fine, "fine");
    need(geometry, "geometry");
    if (rule != SPC_DILATE && rule != SPC_DOWNSAMPLE) {
      spc::fail_argument("rule is " + std::to_string(rule) + ", must be SPC_DILATE or SPC_DOWNSAMPLE");
    }
    const spc::Kernel kernel = spc::make_kernel(*geometry);
    return fine->sites.run(stream, [&](const auto &...engine) {
      return Sites(rule == SPC_DILATE ? dilate(engine..., kernel, bounds) : downsample(engine..., kernel, bounds));
    });
  });
}

spc_status spc_map_refine(const spc_map *coarse, const spc_geometry *geometry, const int32_t *bounds, void *stream,
                          spc_map **out) {
  return make_map(out, [&] {
    need(coarse, "coarse");
    need(geometry, "geometry");
    const spc::Kernel kernel = spc::make_kernel(*geometry);
    return coarse->sites.run(stream, [&](const auto &...engine) { return Sites(refine(engine..., kernel, bounds)); });
  });
}

int64_t spc_map_rows(const spc_map *map) {
  return map != nullptr ? rows_of(*map) : 0;
}

int32_t spc_map_dimensions(const spc_map *map) {
  return map != nullptr ? map->sites.ask([](const auto &sites) { return sites.dimensions(); }) : 0;
}

int64_t spc_map_bytes(const spc_map *map) {
  return map != nullptr ? map->sites.ask([](const auto &sites) { return sites.bytes(); }) : 0;
}

int32_t spc_map_device(const spc_map *map) {
  return map != nullptr ? map->sites.device() : spc::kCpu;
}

spc_status spc_map_bounds(const spc_map *map, int32_t *low, int32_t *high) {
  return guard([&] {
    need(map, "map");
    need(low, "low");
    need(high, "high");
    map->sites.ask([&](const auto &sites) { write_bounds(sites, low, high); });
  });
}

spc_status spc_map_coordinates(const spc_map *map, void *stream, int32_t *out) {
  return guard([&] {
    need(map, "map");
    if (rows_of(*map) > 0) need(out, "out");
    map->sites.run(stream, [&](const auto &...engine) { write_coordinates(engine..., out); });
  });
}

spc_status spc_map_find(const spc_map *map, const int32_t *coordinates, int64_t rows, void *stream, int64_t *out) {
  return guard([&] {
    need(map, "map");
    if (rows < 0) spc::fail_argument("rows is " + std::to_string(rows) + ", must be 0 or more");
    if (rows == 0) return;
    need(coordinates, "coordinates");
    need(out, "out");
    map->sites.run(stream, [&](const auto &...engine) { find_rows(engine..., coordinates, rows, out); });
  });
}

void spc_map_destroy(spc_map *map) {
  delete map;
}

spc_status spc_rulebook_create(const spc_map *coarse, const spc_map *fine, const spc_geometry *geometry, void *stream,
                               spc_rulebook **out) {
  return guard([&] {
    need(coarse, "coarse");
    need(fine, "fine");
    need(geometry, "geometry");
    need(out, "out");
    spc::active_loops();
    const spc::Kernel kernel = spc::make_kernel(*geometry);
    *out = coarse->sites.run_with("coarse", "fine", fine->sites, stream, [&]<class... Engine>(const Engine &...engine) {
      using Rulebook = EngineClass<spc::Rulebook, spc::cuda::Rulebook, Engine...>;
      return new spc_rulebook{{}, std::make_shared<const Rulebook>(engine..., kernel)};
    });
  });
}

int64_t spc_rulebook_taps(const spc_rulebook *rulebook) {
  return rulebook != nullptr ? rulebook->pairs.ask([](const auto &pairs) { return pairs.taps(); }) : 0;
}

int64_t spc_rulebook_pairs(const spc_rulebook *rulebook) {
  return rulebook != nullptr ? rulebook->pairs.ask([](const auto &pairs) { return pairs.pairs(); }) : 0;
}

int64_t spc_rulebook_bytes(const spc_rulebook *rulebook) {
  return rulebook != nullptr ? rulebook->pairs.ask([](const auto &pairs) { return pairs.bytes(); }) : 0;
}

int32_t spc_rulebook_device(const spc_rulebook *rulebook) {
  return rulebook != nullptr ? rulebook->pairs.device() : spc::kCpu;
}

spc_status spc_rulebook_counts(const spc_rulebook *rulebook, int64_t *out) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(out, "out");
    rulebook->pairs.ask([&](const auto &pairs) {
      for (int64_t t = 0; t < pairs.taps(); ++t) out[t] = pairs.count(t);
    });
  });
}

spc_status spc_rulebook_tap_pairs(const spc_rulebook *rulebook, int64_t tap, void *stream, int64_t *fine_rows,
                                  int64_t *coarse_rows) {
  return guard([&] {
    need(rulebook, "rulebook");
    const int64_t taps = spc_rulebook_taps(rulebook);
    if (tap < 0 || tap >= taps) {
      spc::fail_argument("tap is " + std::to_string(tap) + ", must be 0 to " + std::to_string(taps - 1));
    }
    if (rulebook->pairs.ask([&](const auto &pairs) { return pairs.count(tap); }) == 0) return;
    need(fine_rows, "fine_rows");
    need(coarse_rows, "coarse_rows");
    rulebook->pairs.run(stream, [&](const auto &...engine) { write_pairs(engine..., tap, fine_rows, coarse_rows); });
  });
}

void spc_rulebook_destroy(spc_rulebook *rulebook) {
  delete rulebook;
}

}  // extern "C"
