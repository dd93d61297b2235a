// The runtime and the primitives of the CUDA engine, by whatever driver there is: a GPU's or the double's.
#include "cuda/runtime.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <thread>

#include "child.h"
#include "cuda/scan.h"
#include "device_matrix.h"
#include "doubled.h"

namespace {

using namespace spc::cuda;
using test::ask;
using test::Child;

TEST(Scan, Gives_the_sums_before_each_number) {
  std::mt19937 random(7);
  for (const int64_t count : {0, 1, 2, 31, 32, 33, 1023, 1024, 1025, 5000, 1100000}) {
    SCOPED_TRACE(count);
    std::vector<int64_t> values(static_cast<std::size_t>(count));
    for (int64_t &value : values) value = static_cast<int64_t>(random() % 1000);
    std::vector<int64_t> expected(values.size());
    std::exclusive_scan(values.begin(), values.end(), expected.begin(), int64_t{0});
    const Queue queue(0, nullptr);
    const Buffer<int64_t> memory(queue, count), total(queue, 1);
    queue.copy(memory.data(), values.data(), memory.bytes());
    exclusive_scan(queue, memory.data(), count, total.data());
    EXPECT_EQ(queue.read(total.data()), std::accumulate(values.begin(), values.end(), int64_t{0}));
    queue.copy(values.data(), memory.data(), memory.bytes());
    queue.synchronize();
    EXPECT_EQ(values, expected);
  }
}

TEST(Memory, Is_told_apart_from_the_host_s) {
  const Queue queue(0, nullptr);
  const Buffer<int> memory(queue, 100);
  const std::vector<int> host(100);
  const int local = 0;
  EXPECT_TRUE(is_device_memory(queue, memory.data()));
  EXPECT_TRUE(is_device_memory(queue, memory.data() + 99));
  EXPECT_FALSE(is_device_memory(queue, host.data()));
  EXPECT_FALSE(is_device_memory(queue, &local));
  EXPECT_FALSE(is_device_memory(queue, nullptr));
}

TEST(Memory, Of_inputs_is_as_it_is_on_the_device_and_a_copy_of_the_host_s) {
  const Queue queue(0, nullptr);
  std::vector<int> values(1000);
  std::iota(values.begin(), values.end(), 5);
  const Buffer<int> memory = test::to_device(queue, values);
  const Input<int> there(queue, memory.data(), 1000), here(queue, values.data(), 1000);
  EXPECT_EQ(there.data(), memory.data());
  EXPECT_TRUE(is_device_memory(queue, here.data()));
  std::vector<int> read(1000);
  queue.copy(read.data(), here.data(), 4000);
  queue.synchronize();
  EXPECT_EQ(read, values);
  EXPECT_EQ(Input<int>(queue, nullptr, 0).data(), nullptr);
  EXPECT_EQ(Input<int>(queue, nullptr, 7).data(), nullptr);
  EXPECT_EQ(Input<int>(queue, values.data(), 0).data(), values.data());
}

TEST(Memory, Of_outputs_comes_home_when_they_are_finished) {
  const Queue queue(0, nullptr);
  std::vector<int> values(1000, 1);
  const Buffer<int> memory(queue, 1000);
  const Output<int> there(queue, memory.data(), 1000), here(queue, values.data(), 1000);
  EXPECT_EQ(there.data(), memory.data());
  EXPECT_TRUE(is_device_memory(queue, here.data()));
  for (const Output<int> *const output : {&there, &here}) {
    queue.fill(output->data(), 0x01, 4000);
    output->finish();
  }
  EXPECT_EQ(values, std::vector<int>(1000, 0x01010101));
  EXPECT_EQ(test::to_host(queue, memory), values);
  const Output<int> none(queue, nullptr, 0);
  EXPECT_EQ(none.data(), nullptr);
  none.finish();
}

TEST(Memory, Goes_with_its_owner) {
  SPC_NEEDS_DOUBLE();
  const Queue queue(0, nullptr);
  const int64_t before = test::of_double("driver_double_allocations");
  {
    Buffer<char> one(queue, 10), other(queue, 0);
    EXPECT_EQ(test::of_double("driver_double_allocations"), before + 2);
    other = std::move(one);
    const Buffer<char> moved(std::move(other));
    EXPECT_EQ(moved.count(), 10);
  }
  EXPECT_EQ(test::of_double("driver_double_allocations"), before);
}

TEST(Memory, That_there_is_not_is_told_and_leaves_the_rest_usable) {
  const Queue queue(0, nullptr);
  constexpr int64_t kBytes = int64_t{1} << 42;
  try {
    const Buffer<char> memory(queue, kBytes);
    FAIL() << "there were 4 TiB";
  } catch (const spc::Error &error) {
    EXPECT_EQ(error.status(), SPC_OUT_OF_MEMORY);
    EXPECT_STREQ(error.what(), "CUDA device 0 has no 4398046511104 bytes of memory left");
  }
  const Buffer<char> memory(queue, 1000);
  queue.fill(memory.data(), 7, 1000);
  EXPECT_EQ(queue.read(memory.data() + 999), 7);
}

// What is made on the default stream is waited for by what follows there; from another one, by everything.
struct Held : Holder {
  using Holder::Holder;
  ~Held() { finish(); }
};

TEST(Held, Waits_for_other_streams_before_it_goes) {
  SPC_NEEDS_DOUBLE();
  int other_stream = 0;
  const Queue queue(0, nullptr), other(0, &other_stream);
  const auto waits_of = [](const auto &run) {
    const int64_t before = test::of_double("driver_double_waits");
    run();
    return test::of_double("driver_double_waits") - before;
  };
  EXPECT_EQ(waits_of([&] { const Held held(queue); }), 0);
  EXPECT_EQ(waits_of([&] {
              const Held held(queue);
              held.use(queue);
            }),
            0);
  EXPECT_EQ(waits_of([&] { const Held held(other); }), 1);
  EXPECT_EQ(waits_of([&] {
              const Held held(queue);
              held.use(other);
            }),
            1);
}

TEST(Launch, Does_nothing_for_an_empty_grid_and_refuses_one_that_is_too_large) {
  const Queue queue(0, nullptr);
  const Kernel &kernel = queue.device().kernel("scan", "", "add_totals");
  launch(queue, kernel, {0}, 256, 0);
  launch(queue, kernel, {1, 0}, 256, 0);
  const auto refusal = [&](Grid grid) -> std::string {
    try {
      launch(queue, kernel, grid, 256, 0);
      return "none";
    } catch (const spc::Error &error) {
      EXPECT_EQ(error.status(), SPC_UNSUPPORTED);
      return error.what();
    }
  };
  EXPECT_EQ(refusal({int64_t{1} << 31}), "add_totals needs a grid of 2147483648 x 1 blocks, more than CUDA takes");
  EXPECT_EQ(refusal({1, 65536}), "add_totals needs a grid of 1 x 65536 blocks, more than CUDA takes");
}

TEST(Launch, From_many_threads_finds_one_kernel) {
  std::vector<std::thread> threads;
  std::vector<const Kernel *> found(8);
  for (const Kernel *&one : found) {
    threads.emplace_back([&one] {
      const Queue queue(0, nullptr);
      one = &queue.device().kernel("scan", "", "scan_blocks");
      const Buffer<int64_t> values(queue, 5000), total(queue, 1);
      queue.fill(values.data(), 0, values.bytes());
      exclusive_scan(queue, values.data(), 5000, total.data());
      EXPECT_EQ(queue.read(total.data()), 0);
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(found, std::vector<const Kernel *>(8, found[0]));
}

// Launches a kernel whose threads wait for each other forever, and then waits for it.
TEST(Launch, DISABLED_wait_forever) {
  const Queue queue(0, nullptr);
  const Driver &api = driver();
  CUmodule module = nullptr;
  Kernel kernel{nullptr, "wait_forever"};
  queue.device().check(api.load_module(&module, "emulated:faulty||"), "loading");
  queue.device().check(api.get_function(&kernel.function, module, "wait_forever"), "finding");
  const auto tell = [](const char *when, const auto &run) {
    try {
      run();
    } catch (const spc::Error &error) {
      Child::answer(std::string(when) + ": " + std::to_string(error.status()) + ": " + error.what());
    }
  };
  tell("at launch", [&] { launch(queue, kernel, {1}, 32, 0, int32_t{0}); });
  tell("at wait", [&] { queue.synchronize(); });
  tell("at allocation", [&] { const Buffer<char> memory(queue, 1); });
}

const std::string kFailure =
    " on CUDA device 0: CUDA_ERROR_LAUNCH_FAILED (by the driver's double); the kernel queued "
    "last was wait_forever";
const std::string kAdvice = " (SPARSECONV_CUDA_SYNC=1 waits for each and names the one that failed)";

TEST(Launch, That_fails_names_the_kernel) {
  SPC_NEEDS_DOUBLE();
  EXPECT_EQ(ask("Launch.DISABLED_wait_forever", {}), "at launch: -4: launching wait_forever" + kFailure + kAdvice);
}

TEST(Launch, That_fails_later_names_the_last_kernel_and_how_to_find_the_right_one) {
  SPC_NEEDS_DOUBLE();
  EXPECT_EQ(ask("Launch.DISABLED_wait_forever", {{"SPARSECONV_EMULATED_LATE", "1"}}),
            "at wait: -4: waiting for queued work" + kFailure + kAdvice);
  const std::vector<std::string> answers =
      Child("Launch.DISABLED_wait_forever", {{"SPARSECONV_EMULATED_LATE", "1"}, {"SPARSECONV_CUDA_SYNC", "1"}})
          .answers();
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(answers[0], "at launch: -4: wait_forever" + kFailure);
}

// The double is strict: these would pass unseen on a GPU, or on another day.
TEST(DoubleDeathTest, Ends_what_reads_device_memory_or_writes_beside_it) {
  SPC_NEEDS_DOUBLE();
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const Queue queue(0, nullptr);
  const Buffer<char> memory(queue, 100);
  EXPECT_DEATH({ *static_cast<volatile char *>(memory.data()) = 1; }, "");
  EXPECT_DEATH(
      {
        Buffer<char> other(queue, 100);
        queue.fill(other.data(), 0, 101);
        other = Buffer<char>();
      },
      "something wrote beside an allocation of 100 bytes");
}

}  // namespace
