// The threads of a block take turns on stacks of their own. SPARSECONV_EMULATED_ORDER says in which order: "forward",
// "reverse", or a number, the seed of an order that changes with every turn.
#include "emulation_run.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "device.cuh"

#if !defined(__x86_64__)
#error "the switch between stacks is written for x86-64"
#endif

namespace emulation {

Index thread_index, block_index, block_size, grid_size;
unsigned char *dynamic_shared = nullptr;

namespace {

// Saves the registers that a call keeps and the stack in *save, and goes on with the stack `load`.
extern "C" void emulation_switch(void **save, void *load);
asm(R"(
.text
.globl emulation_switch
.type emulation_switch, @function
emulation_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size emulation_switch, .-emulation_switch
)");

constexpr std::size_t kStackBytes = 256 * 1024;
constexpr unsigned kMostThreads = 1024;

struct Copy {
  void *to;
  const void *from;
  bool valid;
};

struct Fiber {
  void *stack = nullptr;  // where it goes on
  bool done = false;
  unsigned exchanges = 0;
  std::vector<Copy> open;                 // copies not yet committed
  std::vector<std::vector<Copy>> groups;  // committed, the oldest first
};

struct Warp {
  unsigned lanes = 0;
  unsigned long long arrivals = 0;
  unsigned char slots[2][kLanes][kMostBytes];
};

struct Block {
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  unsigned live = 0, waiting = 0;
  unsigned long long generation = 0;
  unsigned long long progress = 0;
  unsigned current = 0;
  void *scheduler = nullptr;
  Body body = nullptr;
  void **arguments = nullptr;
  std::string failure;
} block;

Fiber &self() {
  return block.fibers[block.current];
}

void yield() {
  const unsigned me = block.current;
  emulation_switch(&block.fibers[me].stack, block.scheduler);
}

void release_barrier() {
  if (block.live == 0 || block.waiting < block.live) return;
  block.waiting = 0;
  ++block.generation;
  ++block.progress;
}

void run_thread() {
  block.body(block.arguments);
  Fiber &fiber = self();
  fiber.done = true;
  --block.live;
  ++block.progress;
  release_barrier();
  yield();
  std::abort();  // nobody comes back
}

unsigned char *stacks() {
  static unsigned char *const memory = static_cast<unsigned char *>(mmap(
      nullptr, kStackBytes * kMostThreads, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  return memory;
}

void prepare(Fiber &fiber, unsigned thread) {
  // Not at the same place of each page, where a cache has room for a few of them only.
  const std::size_t shift = thread % 64 * 5 * 64;
  auto **top = reinterpret_cast<void **>(stacks() + (thread + 1) * kStackBytes - 64 - shift);
  *--top = nullptr;  // where a return address would stand: keeps the alignment of a call
  *--top = reinterpret_cast<void *>(&run_thread);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  fiber.stack = top;
  fiber.done = false;
  fiber.exchanges = 0;
  fiber.open.clear();
  fiber.groups.clear();
}

class Order {
 public:
  explicit Order(unsigned threads) : order_(threads) {
    const char *const named = std::getenv("SPARSECONV_EMULATED_ORDER");
    const std::string name = named != nullptr ? named : "forward";
    for (unsigned i = 0; i < threads; ++i) order_[i] = name == "reverse" ? threads - 1 - i : i;
    shuffles_ = name != "forward" && name != "reverse";
    if (shuffles_) random_.seed(static_cast<unsigned>(std::stoul(name)));
  }
  const std::vector<unsigned> &next() {
    if (shuffles_) std::shuffle(order_.begin(), order_.end(), random_);
    return order_;
  }

 private:
  std::vector<unsigned> order_;
  bool shuffles_ = false;
  std::mt19937 random_;
};

void run_block(unsigned threads, Order &order) {
  block.fibers.resize(threads);
  block.warps.assign((threads + kLanes - 1) / kLanes, Warp{});
  for (unsigned i = 0; i < threads; ++i) {
    prepare(block.fibers[i], i);
    ++block.warps[i / kLanes].lanes;
  }
  block.live = threads;
  block.waiting = 0;
  while (block.live > 0) {
    const unsigned long long before = block.progress;
    for (const unsigned i : order.next()) {
      if (block.fibers[i].done) continue;
      block.current = i;
      thread_index = {i, 0, 0};
      emulation_switch(&block.scheduler, block.fibers[i].stack);
      if (!block.failure.empty()) return;
    }
    if (block.progress == before) {
      block.failure = "threads wait for others that do not come";
      return;
    }
  }
}

struct Key {
  std::string program, macros, name;
  auto operator<=>(const Key &) const = default;
};
std::map<Key, KernelInfo> &kernels() {
  static std::map<Key, KernelInfo> all;
  return all;
}

void perform(const std::vector<Copy> &copies) {
  for (const Copy &copy : copies) {
    copy.valid ? std::memcpy(copy.to, copy.from, 16) : std::memset(copy.to, 0, 16);
  }
}

}  // namespace

void synchronize_block() {
  const unsigned long long generation = block.generation;
  ++block.waiting;
  ++block.progress;
  release_barrier();
  while (block.generation == generation) yield();
}

int lane() {
  return static_cast<int>(block.current % kLanes);
}

Slots exchange(const void *bytes, std::size_t size) {
  Fiber &fiber = self();
  Warp &warp = block.warps[block.current / kLanes];
  const unsigned turn = fiber.exchanges++;
  std::memcpy(warp.slots[turn % 2][lane()], bytes, size);
  ++warp.arrivals;
  ++block.progress;
  const unsigned long long wanted = (turn + 1ull) * warp.lanes;
  while (warp.arrivals < wanted) yield();
  return warp.slots[turn % 2];
}

void need_all_lanes(uint32_t mask) {
  if (mask == 0xffffffff) return;
  block.failure = "a warp's exchange names only some of its lanes, which the emulation does not do";
  yield();
}

void copy_later(void *to, const void *from, bool valid) {
  const auto misaligned = [](const void *pointer) { return reinterpret_cast<uintptr_t>(pointer) % 16 != 0; };
  if (misaligned(to) || (valid && misaligned(from))) {
    block.failure = "a copy of 16 bytes in the background is not aligned to 16 bytes";
    yield();
  }
  self().open.push_back({to, from, valid});
}

void commit_copies() {
  Fiber &fiber = self();
  fiber.groups.push_back(std::move(fiber.open));
  fiber.open.clear();
}

void wait_for_copies(int groups) {
  Fiber &fiber = self();
  while (fiber.groups.size() > static_cast<std::size_t>(groups)) {
    perform(fiber.groups.front());
    fiber.groups.erase(fiber.groups.begin());
  }
}

Registered::Registered(const char *program, const char *macros, const char *name, int threads, Body body) {
  kernels()[{program, macros, name}] = {name, threads, body};
}

const KernelInfo *find_kernel(const std::string &program, const std::string &macros, const std::string &name) {
  const auto found = kernels().find({program, macros, name});
  return found != kernels().end() ? &found->second : nullptr;
}

bool has_program(const std::string &program, const std::string &macros) {
  const auto at = kernels().lower_bound({program, macros, ""});
  return at != kernels().end() && at->first.program == program && at->first.macros == macros;
}

std::string run(const KernelInfo &kernel, unsigned grid_x, unsigned grid_y, unsigned threads, std::size_t shared_bytes,
                void **arguments) {
  if (threads == 0 || threads > static_cast<unsigned>(kernel.threads)) {
    return "launched with " + std::to_string(threads) + " threads, made for " + std::to_string(kernel.threads);
  }
  std::vector<uint4> shared(shared_bytes / sizeof(uint4) + 1, uint4{0x7fc0dead, 0x7fc0dead, 0x7fc0dead, 0x7fc0dead});
  dynamic_shared = reinterpret_cast<unsigned char *>(shared.data());
  block.body = kernel.body;
  block.arguments = arguments;
  block.failure.clear();
  block_size = {threads, 1, 1};
  grid_size = {grid_x, grid_y, 1};
  Order order(threads);
  for (unsigned y = 0; y < grid_y; ++y) {
    for (unsigned x = 0; x < grid_x; ++x) {
      block_index = {x, y, 0};
      run_block(threads, order);
      if (!block.failure.empty()) return block.failure;
    }
  }
  return "";
}

}  // namespace emulation

namespace spc {
namespace {

struct Fragments {
  uint32_t a[4], b[2];
};

// d = sums + a * b, where number_of(word, half) reads element `half` of a word; kDepth elements stand in a word.
template <int kDepth, class NumberOf>
void multiply(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const NumberOf &number_of) {
  const Fragments own{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  const emulation::Slots slots = emulation::exchange(&own, sizeof own);
  const int group = emulation::lane() / 4, within = emulation::lane() % 4;
  for (int i = 0; i < 4; ++i) {
    const int row = group + (i >= 2 ? 8 : 0), column = 2 * within + i % 2;
    double sum = sums[i];
    for (int k = 0; k < 8 * kDepth; ++k) {
      const int upper = k / (4 * kDepth), word = k % (4 * kDepth) / kDepth, half = k % kDepth;
      const auto left = emulation::at<Fragments>(slots, row % 8 * 4 + word);
      const auto right = emulation::at<Fragments>(slots, column * 4 + word);
      sum += static_cast<double>(number_of(left.a[2 * upper + (row >= 8 ? 1 : 0)], half)) *
             static_cast<double>(number_of(right.b[upper], half));
    }
    sums[i] = static_cast<float>(sum);
  }
}

void load(uint32_t (&to)[4], const void *row, bool transposed) {
  if (reinterpret_cast<uintptr_t>(row) % 16 != 0) std::fputs("ldmatrix: a row is not aligned\n", stderr), std::abort();
  const emulation::Slots slots = emulation::exchange(&row, sizeof row);
  const int group = emulation::lane() / 4, within = emulation::lane() % 4;
  for (int matrix = 0; matrix < 4; ++matrix) {
    uint32_t word = 0;
    for (int half = 0; half < 2; ++half) {
      const int of_row = transposed ? 2 * within + half : group, column = transposed ? group : 2 * within + half;
      const auto *const from = emulation::at<const uint16_t *>(slots, 8 * matrix + of_row);
      word |= static_cast<uint32_t>(from[column]) << 16 * half;
    }
    to[matrix] = word;
  }
}

}  // namespace

float widen(Float16 value) {
  const int exponent = value.bits >> 10 & 31, mantissa = value.bits & 1023;
  const float size = exponent == 31  ? (mantissa != 0 ? NAN : INFINITY)
                     : exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                                     : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return (value.bits & 0x8000) != 0 ? -size : size;
}

void narrow(float value, Float16 &to) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const float size = std::fabs(value);
  uint16_t bits = 0;
  if (value != value) {
    bits = 0x7e00;
  } else if (size >= 65520.0f) {
    bits = 0x7c00;
  } else if (size < std::ldexp(1.0f, -14)) {
    bits = static_cast<uint16_t>(std::nearbyint(std::ldexp(size, 24)));
  } else {
    const int exponent = std::ilogb(size);
    bits = static_cast<uint16_t>((exponent + 14) * 1024 +
                                 static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent))));
  }
  to.bits = sign | bits;
}

void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], Float16) {
  multiply<2>(sums, a, b,
              [](uint32_t word, int half) { return widen(Float16{static_cast<uint16_t>(word >> 16 * half)}); });
}

void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], BFloat16) {
  multiply<2>(sums, a, b,
              [](uint32_t word, int half) { return widen(BFloat16{static_cast<uint16_t>(word >> 16 * half)}); });
}

// Hardware reads the upper 19 bits.
void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], float) {
  multiply<1>(sums, a, b, [](uint32_t word, int) { return float_of(word & 0xffffe000); });
}

// To nearest, ties away from zero.
uint32_t to_tf32(float value) {
  const uint32_t bits = bits_of(value);
  return value != value ? bits : (bits + 0x1000) & 0xffffe000;
}

void load_matrices(uint32_t (&to)[4], const void *row) {
  load(to, row, false);
}

void load_matrices_transposed(uint32_t (&to)[4], const void *row) {
  load(to, row, true);
}

}  // namespace spc
