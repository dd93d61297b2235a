// What a compiled GPU program (an ELF file) says of its kernels.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>

namespace test {

struct KernelUse {
  uint32_t registers = 0;
  uint32_t stack_bytes = 0;  // of local memory: spilled registers, and arrays that are not in registers
};

inline std::map<std::string, KernelUse> kernels_of(const std::string &code) {
  const auto read = [&]<class T>(uint64_t at, T) {
    T value{};
    if (at + sizeof(T) <= code.size()) std::memcpy(&value, code.data() + at, sizeof(T));
    return value;
  };
  struct Section {
    std::string name;
    uint64_t offset, size;
    uint32_t link;
  };
  const auto table = read(0x28, uint64_t{});
  const auto entry = read(0x3a, uint16_t{}), count = read(0x3c, uint16_t{}), names = read(0x3e, uint16_t{});
  const auto names_at = read(table + uint64_t{names} * entry + 0x18, uint64_t{});
  std::map<std::string, Section> sections;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = table + i * entry;
    const char *const name = code.c_str() + names_at + read(at, uint32_t{});
    sections[name] = {name, read(at + 0x18, uint64_t{}), read(at + 0x20, uint64_t{}), read(at + 0x28, uint32_t{})};
  }
  std::map<std::string, KernelUse> result;
  const auto symbol = [&](uint32_t index) {
    const uint64_t at = sections[".symtab"].offset + uint64_t{index} * 24;
    return std::string(code.c_str() + sections[".strtab"].offset + read(at, uint32_t{}));
  };
  constexpr uint8_t kSized = 4, kFrameSize = 0x11, kRegisters = 0x2f;
  const Section &info = sections[".nv.info"];
  for (uint64_t at = info.offset; at + 4 <= info.offset + info.size;) {
    const auto format = read(at, uint8_t{}), attribute = read(at + 1, uint8_t{});
    const auto size = read(at + 2, uint16_t{});
    const std::string name = format == kSized && size == 8 ? symbol(read(at + 4, uint32_t{})) : "";
    if (!name.empty() && name[0] != '$') {  // '$' begins the name of a routine of the compiler's own
      const auto value = read(at + 8, uint32_t{});
      if (attribute == kFrameSize) result[name].stack_bytes = value;
      if (attribute == kRegisters) result[name].registers = value;
    }
    at += 4 + (format == kSized ? size : 0);
  }
  return result;
}

}  // namespace test
