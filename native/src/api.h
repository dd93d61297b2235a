// Shared by the files of the C ABI: the objects behind its handles, and guard, which runs each entry and turns
// exceptions into a status and a message.
#pragma once

#include <atomic>
#include <cstddef>
#include <new>
#include <string>
#include <type_traits>

#include "cpu/links.h"
#include "cpu/rulebook.h"
#include "cuda/links.h"
#include "cuda/rulebook.h"
#include "error.h"
#include "placed.h"
#include "sparseconv.h"

static_assert(sizeof(spc_matrix) == 32 && offsetof(spc_matrix, element_type) == 24);
static_assert(sizeof(spc_geometry) == 80 && offsetof(spc_geometry, taps) == 72 &&
              std::is_standard_layout_v<spc_geometry>);

namespace spc::api {

using Sites = Placed<spc::Sites, cuda::Sites>;
using Pairs = Placed<Rulebook, cuda::Rulebook>;
using PlacedLinks = Placed<Links, cuda::Links>;

inline std::atomic<int64_t> live_objects{0};

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
  } catch (const Error &error) {
    record_error(error.what());
    return error.status();
  } catch (const std::bad_alloc &) {
    record_error("out of memory");
    return SPC_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    record_error(error.what());
    return SPC_INTERNAL;
  } catch (...) {
    record_error("unknown exception");
    return SPC_INTERNAL;
  }
}

inline void need(const void *pointer, const char *name) {
  if (pointer == nullptr) fail_argument(std::string(name) + " is NULL");
}

// The class of the CUDA engine where a queue is among the arguments, else of the CPU engine.
template <class Cpu, class Cuda, class... Engine>
using EngineClass = std::conditional_t<(std::is_same_v<Engine, cuda::Queue> || ...), Cuda, Cpu>;

}  // namespace spc::api

struct spc_map {
  spc::api::Counted counted;
  spc::api::Sites sites;
};

struct spc_rulebook {
  spc::api::Counted counted;
  spc::api::Pairs pairs;
};

struct spc_links {
  spc::api::Counted counted;
  spc::api::PlacedLinks links;
};
