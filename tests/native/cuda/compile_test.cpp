// Every kernel in every variant becomes machine code for every architecture, by NVRTC, which needs no GPU.
#include <gtest/gtest.h>

#include <cstdlib>

#include "cuda/compiler.h"
#include "cuda/sources.h"
#include "error.h"
#include "machine_code.h"

namespace {

class Compiler : public testing::TestWithParam<int> {};

TEST_P(Compiler, Makes_machine_code_of_every_variant_without_spilling) {
  try {
    spc::cuda::nvrtc_version();
  } catch (const spc::Error &error) {
    GTEST_SKIP() << error.what();
  }
  for (int i = 0; i < spc::cuda::kVariantCount; ++i) {
    const auto &[program, macros] = spc::cuda::kVariants[i];
    SCOPED_TRACE(std::string(program) + " " + macros);
    try {
      const spc::cuda::Compiled compiled = spc::cuda::compile(program, macros, GetParam());
      EXPECT_EQ(compiled.log.find("warning"), std::string::npos) << compiled.log;
      const auto kernels = test::kernels_of(compiled.code);
      EXPECT_FALSE(kernels.empty());
      for (const auto &[name, use] : kernels) {
        EXPECT_GT(use.registers, 0u) << name;
        EXPECT_EQ(use.stack_bytes, 0u) << name << " has " << use.registers << " registers and spills";
        if (std::getenv("SPARSECONV_TELL_REGISTERS") != nullptr) {
          std::printf("sm_%d %s %s %s: %u registers, %u bytes\n", GetParam(), program, macros, name.c_str(),
                      use.registers, use.stack_bytes);
        }
      }
    } catch (const spc::Error &error) {
      ADD_FAILURE() << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, Compiler, testing::Values(70, 80, 90));

}  // namespace
