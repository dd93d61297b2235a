// Runs the library's own object of gemm_amx.cpp on processors with AVX512-BF16 and without AMX: each tile instruction
// raises SIGILL, is decoded here, and done by the emulation.
#include <signal.h>
#include <ucontext.h>

#include <cstring>

#include "cpu/amx.h"
#include "tile_emulation.h"

namespace {

// VEX in three bytes (C4), opcode, operands: ModRM, and for memory SIB and a displacement.
class Instruction {
 public:
  explicit Instruction(mcontext_t &machine)
      : machine_(machine), code_(reinterpret_cast<const uint8_t *>(machine.gregs[REG_RIP])) {}

  // Does it and steps over it, if it is one of tiles.
  bool run() {
    constexpr int kNone = 0, kF3 = 2, kF2 = 3, kMap = 2;
    if (code_[0] != 0xc4 || (code_[1] & 0x1f) != kMap) return false;
    const int prefix = code_[2] & 3, opcode = code_[3], tile = code_[4] >> 3 & 7;
    const bool in_registers = code_[4] >> 6 == 3;
    if (opcode == 0x49 && prefix == kNone && in_registers) {
      tiles::release();
    } else if (opcode == 0x49 && prefix == kNone) {
      tiles::load_config(place().start);
    } else if (opcode == 0x49 && prefix == kF2 && in_registers) {
      tiles::zero(tile);
    } else if (opcode == 0x4b && prefix == kF2 && !in_registers) {
      const Place rows = place();
      tiles::load(tile, rows.start, rows.step);
    } else if (opcode == 0x4b && prefix == kF3 && !in_registers) {
      const Place rows = place();
      tiles::store(tile, rows.start, rows.step);
    } else if (opcode == 0x5c && prefix == kF3 && in_registers) {
      tiles::add_products(tile, code_[4] & 7, ~code_[2] >> 3 & 7);
    } else {
      return false;
    }
    machine_.gregs[REG_RIP] += length_;
    return true;
  }

 private:
  struct Place {
    char *start;
    int64_t step;  // between rows: the scaled index
  };

  // Register 0 to 15 in the order of instructions.
  int64_t value(int number) const {
    constexpr int kRegisters[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return machine_.gregs[kRegisters[number]];
  }

  template <class Number>
  int64_t displacement() {
    Number result;
    std::memcpy(&result, code_ + length_, sizeof result);
    length_ += static_cast<int>(sizeof result);
    return result;
  }

  Place place() {
    const int mode = code_[4] >> 6, high_index = code_[1] & 0x40 ? 0 : 8, high_base = code_[1] & 0x20 ? 0 : 8;
    int base = (code_[4] & 7) + high_base;
    int64_t step = 0;
    if ((code_[4] & 7) == 4) {
      const int sib = code_[length_++], index = (sib >> 3 & 7) + high_index;
      if (index != 4) step = value(index) << (sib >> 6);
      base = (sib & 7) + high_base;
    }
    int64_t start = 0;
    if (mode == 0 && (base & 7) == 5) {
      start = displacement<int32_t>();
      if ((code_[4] & 7) == 5) start += machine_.gregs[REG_RIP] + length_;  // from the next instruction on
    } else {
      start = value(base);
      if (mode == 1) start += displacement<int8_t>();
      if (mode == 2) start += displacement<int32_t>();
    }
    return {reinterpret_cast<char *>(start), step};
  }

  mcontext_t &machine_;
  const uint8_t *code_;
  int length_ = 5;
};

void trap(int, siginfo_t *, void *context) {
  Instruction instruction(static_cast<ucontext_t *>(context)->uc_mcontext);
  if (!instruction.run()) signal(SIGILL, SIG_DFL);
}

}  // namespace

// In place of amx_grant.cpp: not where the instructions between the tiles cannot run, nor where tiles need no trap.
bool spc::amx_granted() noexcept {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512bf16") || !__builtin_cpu_supports("avx512vl") ||
      __builtin_cpu_supports("amx-tile")) {
    return false;
  }
  struct sigaction action {};
  action.sa_sigaction = trap;
  action.sa_flags = SA_SIGINFO;
  return sigaction(SIGILL, &action, nullptr) == 0;
}
