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
#include "error.h"
#include "parallel.h"
#include "sparseconv.h"

static_assert(sizeof(spc_matrix) == 32 && offsetof(spc_matrix, element_type) == 24);
static_assert(sizeof(spc_geometry) == 80 && offsetof(spc_geometry, taps) == 72 &&
              std::is_standard_layout_v<spc_geometry>);

namespace {

constexpr int32_t kCpu = -1;

std::atomic<int64_t> live_objects{0};
std::atomic<int32_t> tf32_allowed{0};

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

[[noreturn]] void fail_without_cuda() {
  spc::fail_device("CUDA is not available: this library has no CUDA engine");
}

// Only the CPU has an engine.
void check_device(int32_t device) {
  if (device < kCpu) {
    spc::fail_argument("device is " + std::to_string(device) +
                       ", must be -1 for the CPU or the index of a CUDA device");
  }
  if (device != kCpu) fail_without_cuda();
}

}  // namespace

struct spc_map {
  Counted counted;
  spc::SitesPointer sites;
};

struct spc_rulebook {
  Counted counted;
  spc::Rulebook pairs;
};

struct spc_links {
  Counted counted;
  spc::Links ties;
};

namespace {

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
    fail_without_cuda();
  });
}

spc_status spc_cuda_device_name(int32_t device, const char **out) {
  return guard([&] {
    need(out, "out");
    if (device < 0) spc::fail_argument("device is " + std::to_string(device) + ", must be 0 or more");
    fail_without_cuda();
  });
}

int32_t spc_tf32(void) {
  return tf32_allowed.load();
}

spc_status spc_set_tf32(int32_t allow) {
  return guard([&] {
    if (allow != 0 && allow != 1) spc::fail_argument("allow is " + std::to_string(allow) + ", must be 0 or 1");
    tf32_allowed = allow;
  });
}

spc_status spc_map_create(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device,
                          void * /*stream*/, spc_map **out) {
  return make_map(out, [&] {
    check_device(device);
    return spc::make_sites(coordinates, rows, dimensions);
  });
}

spc_status spc_map_create_merged(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device,
                                 void * /*stream*/, int64_t *map_rows, spc_map **out) {
  return make_map(out, [&] {
    check_device(device);
    return spc::make_merged_sites(coordinates, rows, dimensions, map_rows);
  });
}

spc_status spc_map_coarsen(const spc_map *fine, const spc_geometry *geometry, int32_t rule, const int32_t *bounds,
                           void * /*stream*/, spc_map **out) {
  return make_map(out, [&] {
    need(fine, "fine");
    need(geometry, "geometry");
    if (rule != SPC_DILATE && rule != SPC_DOWNSAMPLE) {
      spc::fail_argument("rule is " + std::to_string(rule) + ", must be SPC_DILATE or SPC_DOWNSAMPLE");
    }
    const auto make = rule == SPC_DILATE ? spc::dilate : spc::downsample;
    return make(*fine->sites, spc::make_kernel(*geometry), bounds);
  });
}

spc_status spc_map_refine(const spc_map *coarse, const spc_geometry *geometry, const int32_t *bounds, void * /*stream*/,
                          spc_map **out) {
  return make_map(out, [&] {
    need(coarse, "coarse");
    need(geometry, "geometry");
    return spc::refine(*coarse->sites, spc::make_kernel(*geometry), bounds);
  });
}

int64_t spc_map_rows(const spc_map *map) {
  return map != nullptr ? map->sites->rows : 0;
}

int32_t spc_map_dimensions(const spc_map *map) {
  return map != nullptr ? map->sites->dimensions() : 0;
}

int64_t spc_map_bytes(const spc_map *map) {
  return map != nullptr ? map->sites->bytes() : 0;
}

int32_t spc_map_device(const spc_map *) {
  return kCpu;
}

spc_status spc_map_bounds(const spc_map *map, int32_t *low, int32_t *high) {
  return guard([&] {
    need(map, "map");
    need(low, "low");
    need(high, "high");
    spc::write_bounds(*map->sites, low, high);
  });
}

spc_status spc_map_coordinates(const spc_map *map, void * /*stream*/, int32_t *out) {
  return guard([&] {
    need(map, "map");
    if (map->sites->rows > 0) need(out, "out");
    spc::write_coordinates(*map->sites, out);
  });
}

spc_status spc_map_find(const spc_map *map, const int32_t *coordinates, int64_t rows, void * /*stream*/, int64_t *out) {
  return guard([&] {
    need(map, "map");
    if (rows < 0) spc::fail_argument("rows is " + std::to_string(rows) + ", must be 0 or more");
    if (rows == 0) return;
    need(coordinates, "coordinates");
    need(out, "out");
    spc::find_rows(*map->sites, coordinates, rows, out);
  });
}

void spc_map_destroy(spc_map *map) {
  delete map;
}

spc_status spc_rulebook_create(const spc_map *coarse, const spc_map *fine, const spc_geometry *geometry,
                               void * /*stream*/, spc_rulebook **out) {
  return guard([&] {
    need(coarse, "coarse");
    need(fine, "fine");
    need(geometry, "geometry");
    need(out, "out");
    spc::active_kernels();
    *out = new spc_rulebook{{}, spc::Rulebook(*coarse->sites, *fine->sites, spc::make_kernel(*geometry))};
  });
}

int64_t spc_rulebook_taps(const spc_rulebook *rulebook) {
  return rulebook != nullptr ? rulebook->pairs.taps() : 0;
}

int64_t spc_rulebook_pairs(const spc_rulebook *rulebook) {
  return rulebook != nullptr ? rulebook->pairs.pairs() : 0;
}

int64_t spc_rulebook_bytes(const spc_rulebook *rulebook) {
  return rulebook != nullptr ? rulebook->pairs.bytes() : 0;
}

int32_t spc_rulebook_device(const spc_rulebook *) {
  return kCpu;
}

spc_status spc_rulebook_counts(const spc_rulebook *rulebook, int64_t *out) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(out, "out");
    for (int64_t t = 0; t < rulebook->pairs.taps(); ++t) out[t] = rulebook->pairs.count(t);
  });
}

spc_status spc_rulebook_tap_pairs(const spc_rulebook *rulebook, int64_t tap, void * /*stream*/, int64_t *fine_rows,
                                  int64_t *coarse_rows) {
  return guard([&] {
    need(rulebook, "rulebook");
    if (tap < 0 || tap >= rulebook->pairs.taps()) {
      spc::fail_argument("tap is " + std::to_string(tap) + ", must be 0 to " +
                         std::to_string(rulebook->pairs.taps() - 1));
    }
    if (rulebook->pairs.count(tap) == 0) return;
    need(fine_rows, "fine_rows");
    need(coarse_rows, "coarse_rows");
    rulebook->pairs.write_pairs(tap, fine_rows, coarse_rows);
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
    *bytes =
        spc::convolution_workspace(rulebook->pairs, direction, pass, groups, in_channels, out_channels, element_type);
  });
}

spc_status spc_convolution_forward(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                   const spc_matrix *input, const spc_matrix *weight, const spc_matrix *bias,
                                   const spc_matrix *residual, int32_t activation, void *workspace,
                                   int64_t workspace_bytes, void * /*stream*/, const spc_matrix *output) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(weight, "weight");
    need(output, "output");
    spc::convolution_forward(rulebook->pairs, direction, groups, *input, *weight, {bias, residual, activation},
                             workspace, workspace_bytes, *output);
  });
}

spc_status spc_convolution_backward_input(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                          const spc_matrix *grad_output, const spc_matrix *weight, void *workspace,
                                          int64_t workspace_bytes, void * /*stream*/, const spc_matrix *grad_input) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(grad_output, "grad_output");
    need(weight, "weight");
    need(grad_input, "grad_input");
    spc::convolution_backward_input(rulebook->pairs, direction, groups, *grad_output, *weight, workspace,
                                    workspace_bytes, *grad_input);
  });
}

spc_status spc_convolution_backward_weight(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                           const spc_matrix *input, const spc_matrix *grad_output, void *workspace,
                                           int64_t workspace_bytes, void * /*stream*/, const spc_matrix *grad_weight,
                                           const spc_matrix *grad_bias) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(grad_output, "grad_output");
    need(grad_weight, "grad_weight");
    spc::convolution_backward_weight(rulebook->pairs, direction, groups, *input, *grad_output, workspace,
                                     workspace_bytes, *grad_weight, grad_bias);
  });
}

spc_status spc_pooling_forward(const spc_rulebook *rulebook, int32_t direction, int32_t kind, const spc_matrix *input,
                               void * /*stream*/, int32_t *saved, const spc_matrix *output) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(output, "output");
    spc::pooling_forward(rulebook->pairs, direction, kind, *input, saved, *output);
  });
}

spc_status spc_pooling_backward(const spc_rulebook *rulebook, int32_t direction, int32_t kind,
                                const spc_matrix *grad_output, const int32_t *saved, void * /*stream*/,
                                const spc_matrix *grad_input) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    spc::pooling_backward(rulebook->pairs, direction, kind, *grad_output, saved, *grad_input);
  });
}

spc_status spc_links_create(const spc_map *map, const double *points, const int32_t *batch, int64_t count, int32_t kind,
                            int32_t missing, double anchor, void * /*stream*/, spc_links **out) {
  return guard([&] {
    need(map, "map");
    need(out, "out");
    spc::active_kernels();
    *out = new spc_links{{}, spc::Links(*map->sites, points, batch, count, kind, missing, anchor)};
  });
}

spc_status spc_links_create_from_rows(const int64_t *row_of_point, int64_t count, int64_t rows, int32_t device,
                                      void * /*stream*/, spc_links **out) {
  return guard([&] {
    need(out, "out");
    check_device(device);
    spc::active_kernels();
    *out = new spc_links{{}, spc::Links(row_of_point, count, rows)};
  });
}

int64_t spc_links_points(const spc_links *links) {
  return links != nullptr ? links->ties.points() : 0;
}

int64_t spc_links_rows(const spc_links *links) {
  return links != nullptr ? links->ties.rows() : 0;
}

int64_t spc_links_count(const spc_links *links) {
  return links != nullptr ? links->ties.count() : 0;
}

int64_t spc_links_bytes(const spc_links *links) {
  return links != nullptr ? links->ties.bytes() : 0;
}

int32_t spc_links_device(const spc_links *) {
  return kCpu;
}

spc_status spc_links_read(const spc_links *links, void * /*stream*/, int64_t *starts, int64_t *rows, double *weights) {
  return guard([&] {
    need(links, "links");
    need(starts, "starts");
    if (links->ties.count() > 0) {
      need(rows, "rows");
      need(weights, "weights");
    }
    spc::read_links(links->ties, starts, rows, weights);
  });
}

void spc_links_destroy(spc_links *links) {
  delete links;
}

spc_status spc_interpolation_forward(const spc_links *links, const spc_matrix *input, void * /*stream*/,
                                     const spc_matrix *output) {
  return guard([&] {
    need(links, "links");
    need(input, "input");
    need(output, "output");
    spc::interpolation_forward(links->ties, *input, *output);
  });
}

spc_status spc_interpolation_backward(const spc_links *links, const spc_matrix *grad_output, void * /*stream*/,
                                      const spc_matrix *grad_input) {
  return guard([&] {
    need(links, "links");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    spc::interpolation_backward(links->ties, *grad_output, *grad_input);
  });
}

spc_status spc_splat_forward(const spc_links *links, int32_t kind, const spc_matrix *input, void * /*stream*/,
                             int32_t *saved, const spc_matrix *output) {
  return guard([&] {
    need(links, "links");
    need(input, "input");
    need(output, "output");
    spc::splat_forward(links->ties, kind, *input, saved, *output);
  });
}

spc_status spc_splat_backward(const spc_links *links, int32_t kind, const spc_matrix *grad_output, const int32_t *saved,
                              void * /*stream*/, const spc_matrix *grad_input) {
  return guard([&] {
    need(links, "links");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    spc::splat_backward(links->ties, kind, *grad_output, saved, *grad_input);
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
