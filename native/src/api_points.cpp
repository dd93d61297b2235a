// The C ABI: points and their links to rows.
#include "api.h"
#include "cpu/interpolation.h"
#include "cpu/isa.h"
#include "cuda/interpolation.h"

using namespace spc::api;

extern "C" {

spc_status spc_links_create(const spc_map *map, const double *points, const int32_t *batch, int64_t count, int32_t kind,
                            int32_t missing, double anchor, void *stream, spc_links **out) {
  return guard([&] {
    need(map, "map");
    need(out, "out");
    spc::active_loops();
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
    spc::active_loops();
    *out = spc::run_on(device, stream, [&]<class... Queue>(const Queue &...queue) {
      using Links = EngineClass<spc::Links, spc::cuda::Links, Queue...>;
      return new spc_links{{}, std::make_shared<const Links>(queue..., row_of_point, count, rows)};
    });
  });
}

int64_t spc_links_points(const spc_links *links) {
  return links != nullptr ? links->links.ask([](const auto &placed) { return placed.points(); }) : 0;
}

int64_t spc_links_rows(const spc_links *links) {
  return links != nullptr ? links->links.ask([](const auto &placed) { return placed.rows(); }) : 0;
}

int64_t spc_links_count(const spc_links *links) {
  return links != nullptr ? links->links.ask([](const auto &placed) { return placed.count(); }) : 0;
}

int64_t spc_links_bytes(const spc_links *links) {
  return links != nullptr ? links->links.ask([](const auto &placed) { return placed.bytes(); }) : 0;
}

int32_t spc_links_device(const spc_links *links) {
  return links != nullptr ? links->links.device() : spc::kCpu;
}

spc_status spc_links_read(const spc_links *links, void *stream, int64_t *starts, int64_t *rows, double *weights) {
  return guard([&] {
    need(links, "links");
    need(starts, "starts");
    if (spc_links_count(links) > 0) {
      need(rows, "rows");
      need(weights, "weights");
    }
    links->links.run(stream, [&](const auto &...engine) { read_links(engine..., starts, rows, weights); });
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
    links->links.run(stream, [&](const auto &...engine) { interpolation_forward(engine..., *input, *output); });
  });
}

spc_status spc_interpolation_backward(const spc_links *links, const spc_matrix *grad_output, void *stream,
                                      const spc_matrix *grad_input) {
  return guard([&] {
    need(links, "links");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    links->links.run(stream,
                     [&](const auto &...engine) { interpolation_backward(engine..., *grad_output, *grad_input); });
  });
}

spc_status spc_splat_forward(const spc_links *links, int32_t kind, const spc_matrix *input, void *stream,
                             int32_t *saved, const spc_matrix *output) {
  return guard([&] {
    need(links, "links");
    need(input, "input");
    need(output, "output");
    links->links.run(stream, [&](const auto &...engine) { splat_forward(engine..., kind, *input, saved, *output); });
  });
}

spc_status spc_splat_backward(const spc_links *links, int32_t kind, const spc_matrix *grad_output, const int32_t *saved,
                              void *stream, const spc_matrix *grad_input) {
  return guard([&] {
    need(links, "links");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    links->links.run(stream,
                     [&](const auto &...engine) { splat_backward(engine..., kind, *grad_output, saved, *grad_input); });
  });
}

}  // extern "C"
