// The only extern "C". Each entry is noexcept and runs inside guard, which turns what is thrown into a status and a
// message.
#include <atomic>
#include <cstddef>
#include <new>
#include <string>
#include <type_traits>

#include "cpu/convolution.h"
#include "cpu/coordinate_map.h"
#include "cpu/interpolation.h"
#include "cpu/isa.h"
#include "cpu/links.h"
#include "cpu/norm.h"
#include "cpu/pooling.h"
#include "cpu/rulebook.h"
#include "cuda/convolution.h"
#include "cuda/coordinate_map.h"
#include "cuda/interpolation.h"
#include "cuda/links.h"
#include "cuda/pooling.h"
#include "cuda/rulebook.h"
#include "error.h"
#include "parallel.h"
#include "placed.h"
#include "sparseconv.h"

static_assert(sizeof(spc_matrix) == 32 && offsetof(spc_matrix, element_type) == 24);
static_assert(sizeof(spc_geometry) == 80 && offsetof(spc_geometry, taps) == 72 &&
              std::is_standard_layout_v<spc_geometry>);

namespace {

std::atomic<int64_t> live_objects{0};

struct Counted {
  Counted() { ++live_objects; }
  ~Counted() { --live_objects; }
  Counted(const Counted &) = delete;
  Counted &operator=(const Counted &) = delete;
};

template <class Body>
spc_status guard(const Body &body) noexcept {
  try {
    body();
    return SPC_OK;
  } catch (const spc::Error &error) {
    spc::record_error(error.what());
    return error.status();
  } catch (const std::bad_alloc &) {
    spc::record_error("out of memory");
    return SPC_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    spc::record_error(error.what());
    return SPC_INTERNAL;
  } catch (...) {
    spc::record_error("unknown exception");
    return SPC_INTERNAL;
  }
}

void need(const void *pointer, const char *name) {
  if (pointer == nullptr) spc::fail_argument(std::string(name) + " is NULL");
}

using spc::make_merged_sites;
using spc::make_sites;

// The class of one engine or the other, by whether a queue is among the arguments.
template <class Cpu, class Cuda, class... Engine>
using EngineClass = std::conditional_t<(std::is_same_v<Engine, spc::cuda::Queue> || ...), Cuda, Cpu>;

}  // namespace

using Sites = spc::Placed<spc::Sites, spc::cuda::Sites>;
using Pairs = spc::Placed<spc::Rulebook, spc::cuda::Rulebook>;
using Ties = spc::Placed<spc::Links, spc::cuda::Links>;

struct spc_map {
  Counted counted;
  Sites sites;
};

struct spc_rulebook {
  Counted counted;
  Pairs pairs;
};

struct spc_links {
  Counted counted;
  Ties ties;
};

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
    spc::active_kernels();
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
    *out = spc::active_kernels().name;
  });
}

spc_status spc_set_isa(const char *name) {
  return guard([&] { spc::set_active_kernels(name); });
}

int32_t spc_isa_count(void) {
  return spc::supported_kernels_count();
}

const char *spc_isa_name(int32_t index) {
  const spc::Kernels *const kernels = index < 0 ? nullptr : spc::supported_kernels(index);
  return kernels != nullptr ? kernels->name : nullptr;
}

int32_t spc_threads(void) {
  return spc::thread_limit();
}

spc_status spc_set_threads(int32_t threads) {
  return guard([&] {
    if (threads < 1) spc::fail_argument("threads is " + std::to_string(threads) + ", must be 1 or more");
    spc::set_thread_limit(threads);
  });
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
    return spc::make_on<Sites>(
        device, stream, [&](const auto &...queue) { return make_sites(queue..., coordinates, rows, dimensions); });
  });
}

spc_status spc_map_create_merged(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device,
                                 void *stream, int64_t *map_rows, spc_map **out) {
  return make_map(out, [&] {
    return spc::make_on<Sites>(device, stream, [&](const auto &...queue) {
      return make_merged_sites(queue..., coordinates, rows, dimensions, map_rows);
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
    spc::active_kernels();
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

spc_status spc_convolution_workspace(const spc_rulebook *rulebook, int32_t direction, int32_t pass, int64_t groups,
                                     int64_t in_channels, int64_t out_channels, int32_t element_type, int64_t *bytes) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(bytes, "bytes");
    spc::active_kernels();
    *bytes = rulebook->pairs.ask([&](const auto &pairs) {
      return convolution_workspace(pairs, direction, pass, groups, in_channels, out_channels, element_type);
    });
  });
}

spc_status spc_convolution_forward(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                   const spc_matrix *input, const spc_matrix *weight, const spc_matrix *bias,
                                   const spc_matrix *residual, int32_t activation, void *workspace,
                                   int64_t workspace_bytes, void *stream, const spc_matrix *output) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(weight, "weight");
    need(output, "output");
    const spc::Epilogue epilogue{bias, residual, activation};
    rulebook->pairs.run(stream, [&](const auto &...engine) {
      convolution_forward(engine..., direction, groups, *input, *weight, epilogue, workspace, workspace_bytes, *output);
    });
  });
}

spc_status spc_convolution_backward_input(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                          const spc_matrix *grad_output, const spc_matrix *weight, void *workspace,
                                          int64_t workspace_bytes, void *stream, const spc_matrix *grad_input) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(grad_output, "grad_output");
    need(weight, "weight");
    need(grad_input, "grad_input");
    rulebook->pairs.run(stream, [&](const auto &...engine) {
      convolution_backward_input(engine..., direction, groups, *grad_output, *weight, workspace, workspace_bytes,
                                 *grad_input);
    });
  });
}

spc_status spc_convolution_backward_weight(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                           const spc_matrix *input, const spc_matrix *grad_output, void *workspace,
                                           int64_t workspace_bytes, void *stream, const spc_matrix *grad_weight,
                                           const spc_matrix *grad_bias) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(grad_output, "grad_output");
    need(grad_weight, "grad_weight");
    rulebook->pairs.run(stream, [&](const auto &...engine) {
      convolution_backward_weight(engine..., direction, groups, *input, *grad_output, workspace, workspace_bytes,
                                  *grad_weight, grad_bias);
    });
  });
}

spc_status spc_pooling_forward(const spc_rulebook *rulebook, int32_t direction, int32_t kind, const spc_matrix *input,
                               void *stream, int32_t *saved, const spc_matrix *output) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(output, "output");
    rulebook->pairs.run(
        stream, [&](const auto &...engine) { pooling_forward(engine..., direction, kind, *input, saved, *output); });
  });
}

spc_status spc_pooling_backward(const spc_rulebook *rulebook, int32_t direction, int32_t kind,
                                const spc_matrix *grad_output, const int32_t *saved, void *stream,
                                const spc_matrix *grad_input) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    rulebook->pairs.run(stream, [&](const auto &...engine) {
      pooling_backward(engine..., direction, kind, *grad_output, saved, *grad_input);
    });
  });
}

spc_status spc_links_create(const spc_map *map, const double *points, const int32_t *batch, int64_t count, int32_t kind,
                            int32_t missing, double anchor, void *stream, spc_links **out) {
  return guard([&] {
    need(map, "map");
    need(out, "out");
    spc::active_kernels();
    *out = map->sites.run(stream, [&]<class... Engine>(const Engine &...engine) {
      using Links = EngineClass<spc::Links, spc::cuda::Links, Engine...>;
      return new spc_links{{}, std::make_shared<const Links>(engine..., points, batch, count, kind, missing, anchor)};
    });
  });
}

spc_status spc_links_create_from_rows(const int64_t *row_of_point, int64_t count, int64_t rows, int32_t device,
                                      void *stream, spc_links **out) {
  return guard([&] {
    need(out, "out");
    spc::active_kernels();
    *out = new spc_links{{}, spc::make_on<Ties>(device, stream, [&]<class... Queue>(const Queue &...queue) {
                           using Links = EngineClass<spc::Links, spc::cuda::Links, Queue...>;
                           return std::make_shared<const Links>(queue..., row_of_point, count, rows);
                         })};
  });
}

int64_t spc_links_points(const spc_links *links) {
  return links != nullptr ? links->ties.ask([](const auto &ties) { return ties.points(); }) : 0;
}

int64_t spc_links_rows(const spc_links *links) {
  return links != nullptr ? links->ties.ask([](const auto &ties) { return ties.rows(); }) : 0;
}

int64_t spc_links_count(const spc_links *links) {
  return links != nullptr ? links->ties.ask([](const auto &ties) { return ties.count(); }) : 0;
}

int64_t spc_links_bytes(const spc_links *links) {
  return links != nullptr ? links->ties.ask([](const auto &ties) { return ties.bytes(); }) : 0;
}

int32_t spc_links_device(const spc_links *links) {
  return links != nullptr ? links->ties.device() : spc::kCpu;
}

spc_status spc_links_read(const spc_links *links, void *stream, int64_t *starts, int64_t *rows, double *weights) {
  return guard([&] {
    need(links, "links");
    need(starts, "starts");
    if (spc_links_count(links) > 0) {
      need(rows, "rows");
      need(weights, "weights");
    }
    links->ties.run(stream, [&](const auto &...engine) { read_links(engine..., starts, rows, weights); });
  });
}

void spc_links_destroy(spc_links *links) {
  delete links;
}

spc_status spc_interpolation_forward(const spc_links *links, const spc_matrix *input, void *stream,
                                     const spc_matrix *output) {
  return guard([&] {
    need(links, "links");
    need(input, "input");
    need(output, "output");
    links->ties.run(stream, [&](const auto &...engine) { interpolation_forward(engine..., *input, *output); });
  });
}

spc_status spc_interpolation_backward(const spc_links *links, const spc_matrix *grad_output, void *stream,
                                      const spc_matrix *grad_input) {
  return guard([&] {
    need(links, "links");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    links->ties.run(stream,
                    [&](const auto &...engine) { interpolation_backward(engine..., *grad_output, *grad_input); });
  });
}

spc_status spc_splat_forward(const spc_links *links, int32_t kind, const spc_matrix *input, void *stream,
                             int32_t *saved, const spc_matrix *output) {
  return guard([&] {
    need(links, "links");
    need(input, "input");
    need(output, "output");
    links->ties.run(stream, [&](const auto &...engine) { splat_forward(engine..., kind, *input, saved, *output); });
  });
}

spc_status spc_splat_backward(const spc_links *links, int32_t kind, const spc_matrix *grad_output, const int32_t *saved,
                              void *stream, const spc_matrix *grad_input) {
  return guard([&] {
    need(links, "links");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    links->ties.run(stream,
                    [&](const auto &...engine) { splat_backward(engine..., kind, *grad_output, saved, *grad_input); });
  });
}

spc_status spc_norm_statistics(const spc_matrix *input, void *, const spc_matrix *mean, const spc_matrix *variance) {
  return guard([&] {
    need(input, "input");
    need(mean, "mean");
    need(variance, "variance");
    spc::norm_statistics(*input, *mean, *variance);
  });
}

spc_status spc_norm_forward(const spc_matrix *input, const spc_matrix *mean, const spc_matrix *variance, double epsilon,
                            const spc_matrix *weight, const spc_matrix *bias, const spc_matrix *residual,
                            int32_t activation, void *, const spc_matrix *output) {
  return guard([&] {
    need(input, "input");
    need(mean, "mean");
    need(variance, "variance");
    need(output, "output");
    spc::norm_forward(*input, {*mean, *variance, epsilon, weight, bias}, residual, activation, *output);
  });
}

spc_status spc_norm_backward(const spc_matrix *input, const spc_matrix *mean, const spc_matrix *variance,
                             double epsilon, const spc_matrix *weight, const spc_matrix *bias, const spc_matrix *output,
                             int32_t activation, int32_t statistics, const spc_matrix *grad_output, void *,
                             const spc_matrix *grad_input, const spc_matrix *grad_weight, const spc_matrix *grad_bias,
                             const spc_matrix *grad_residual) {
  return guard([&] {
    need(input, "input");
    need(mean, "mean");
    need(variance, "variance");
    need(grad_output, "grad_output");
    spc::norm_backward(*input, {*mean, *variance, epsilon, weight, bias}, statistics, activation, output, *grad_output,
                       {grad_input, grad_weight, grad_bias, grad_residual});
  });
}

}  // extern "C"
