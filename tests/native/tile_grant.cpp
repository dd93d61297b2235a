// In place of amx_grant.cpp, where calls of the emulation stand for the instructions.
#include "cpu/amx.h"

bool spc::amx_granted() noexcept {
  return true;
}
