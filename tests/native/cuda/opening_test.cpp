// What is found, or not, when CUDA is opened, and what is told of it.
#include <gtest/gtest.h>

#include "child.h"
#include "cuda/compiler.h"
#include "cuda/runtime.h"
#include "doubled.h"

namespace {

using namespace spc::cuda;
using test::ask;
using test::Child;

// "ok", or the status and the sentence of the failure.
template <class Run>
std::string outcome(const Run &run) {
  try {
    run();
    return "ok";
  } catch (const spc::Error &error) {
    return std::to_string(error.status()) + ": " + error.what();
  }
}

void use_kernel(int32_t device) {
  const Queue queue(device, nullptr);
  const Buffer<int64_t> values(queue, 3), total(queue, 1);
  queue.fill(values.data(), 0, values.bytes());
  launch(queue, queue.device().kernel("scan", "", "scan_blocks"), {1}, 256, 0, values.data(), int64_t{3}, total.data());
  if (queue.read(total.data()) != 0) throw spc::Error(SPC_INTERNAL, "the sum of zeros is not zero");
}

TEST(Opening, DISABLED_device) {
  Child::answer(outcome([] { Device::get(0); }));
}
TEST(Opening, DISABLED_device_twice) {
  for (int i = 0; i < 2; ++i) Child::answer(outcome([] { Device::get(0); }));
}
TEST(Opening, DISABLED_kernel) {
  Child::answer(outcome([] { use_kernel(0); }));
}
TEST(Opening, DISABLED_two_devices) {
  for (const int32_t device : {0, 1, 0, 2}) Child::answer(outcome([&] { use_kernel(device); }));
}
TEST(Opening, DISABLED_code) {
  Child::answer(outcome([] { Child::answer(compile("scan", "", Device::get(0).architecture()).code.c_str()); }));
}

TEST(Opening, Without_a_driver_says_what_was_tried) {
  const std::string sentence = ask("Opening.DISABLED_device", {{"SPARSECONV_CUDA_DRIVER", "/nowhere/libcuda.so"}});
  EXPECT_EQ(sentence,
            "-4: the CUDA driver was not found (SPARSECONV_CUDA_DRIVER names one elsewhere); tried "
            "/nowhere/libcuda.so: cannot open shared object file: No such file or directory");
}

TEST(Opening, Fails_the_same_way_each_time) {
  Child child("Opening.DISABLED_device_twice", {{"SPARSECONV_CUDA_DRIVER", "/nowhere/libcuda.so"}});
  const std::vector<std::string> answers = child.answers();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0], answers[1]);
}

// The mathematics of C stand in for a library that is not a driver.
TEST(Opening, A_library_that_is_no_driver_says_what_it_lacks) {
  const std::string sentence = ask("Opening.DISABLED_device", {{"SPARSECONV_CUDA_DRIVER", "libm.so.6"}});
  EXPECT_NE(sentence.find("tried libm.so.6: has no cuInit"), std::string::npos) << sentence;
}

TEST(Opening, Without_a_device_says_so) {
  SPC_NEEDS_DOUBLE();
  EXPECT_EQ(ask("Opening.DISABLED_device", {{"SPARSECONV_EMULATED_DEVICES", "0"}}),
            "-4: the CUDA driver is there, but there is no CUDA device");
}

TEST(Opening, Without_NVRTC_has_a_device_but_no_kernel) {
  EXPECT_EQ(ask("Opening.DISABLED_device", {{"SPARSECONV_NVRTC", "/nowhere/libnvrtc.so"}}), "ok");
  EXPECT_EQ(ask("Opening.DISABLED_kernel", {{"SPARSECONV_NVRTC", "/nowhere/libnvrtc.so"}}),
            "-4: NVRTC, which compiles the kernels, was not found (SPARSECONV_NVRTC names one elsewhere); tried "
            "/nowhere/libnvrtc.so: cannot open shared object file: No such file or directory");
}

TEST(Opening, Refuses_a_device_that_is_not_there) {
  const std::string last = std::to_string(Device::count() - 1);
  for (const int32_t number : {-1, Device::count()}) {
    EXPECT_EQ(
        outcome([&] { Device::get(number); }),
        "-1: device is " + std::to_string(number) + ", must be -1 for the CPU or 0 to " + last + " for a CUDA device");
  }
}

TEST(Opening, Each_device_has_kernels_of_its_own) {
  SPC_NEEDS_DOUBLE();
  Child child("Opening.DISABLED_two_devices", {{"SPARSECONV_EMULATED_DEVICES", "2"}});
  EXPECT_EQ(child.answers(),
            (std::vector<std::string>{"ok", "ok", "ok",
                                      "-1: device is 2, must be -1 for the CPU or 0 to 1 for a CUDA device"}));
}

TEST(Opening, A_driver_without_pools_has_memory) {
  SPC_NEEDS_DOUBLE();
  EXPECT_EQ(ask("Opening.DISABLED_kernel", {{"SPARSECONV_EMULATED_POOLS", "0"}}), "ok");
}

TEST(Opening, Code_is_for_the_GPU_or_for_the_newest_that_NVRTC_knows) {
  SPC_NEEDS_DOUBLE();
  const auto code = [](const char *gpu, const char *targets) {
    return Child("Opening.DISABLED_code", {{"SPARSECONV_EMULATED_SM", gpu}, {"SPARSECONV_EMULATED_TARGETS", targets}})
        .answers()
        .front();
  };
  EXPECT_EQ(code("80", ""), "emulated:scan||sm_80");
  EXPECT_EQ(code("80", "70 80 90"), "emulated:scan||sm_80");
  EXPECT_EQ(code("120", "70 90 80"), "emulated:scan||compute_90");
  EXPECT_EQ(code("60", "70 80"), "-3: the GPU is sm_60, and NVRTC makes code for sm_70 and newer ones only");
}

TEST(Opening, What_NVRTC_refuses_is_told_in_its_words) {
  SPC_NEEDS_DOUBLE();
  EXPECT_EQ(ask("Opening.DISABLED_kernel", {{"SPARSECONV_EMULATED_REFUSES", "scan"}, {"SPARSECONV_CACHE", "off"}}),
            "-4: NVRTC refused a kernel (error 6): scan.cu(3): error: it is refused");
}

TEST(Opening, Refuses_programs_and_variants_that_nobody_compiles_in_tests) {
  EXPECT_EQ(outcome([] { compile("nothing", "", 80); }), "-5: variants.txt has no line 'nothing '");
  EXPECT_EQ(outcome([] { compile("pooling", "ELEMENT=char", 80); }),
            "-5: variants.txt has no line 'pooling ELEMENT=char'");
  EXPECT_EQ(outcome([] {
              const Queue queue(0, nullptr);
              queue.device().kernel("scan", "", "nothing");
            }).substr(0, 36),
            "-4: finding kernel scan :nothing: CU");
}

}  // namespace
