#include "cuda/tuning.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <string_view>

#include "cuda/code_cache.h"

namespace spc::cuda {
namespace {

constexpr int kRuns = 3;  // of each candidate; the quickest counts

class Event {
 public:
  explicit Event(const Queue &queue) : queue_(queue) {
    queue.device().check(driver().create_event(&event_, 0), "making an event");
  }
  ~Event() { driver().destroy_event(event_); }
  Event(const Event &) = delete;
  Event &operator=(const Event &) = delete;

  void record() const { queue_.device().check(driver().record_event(event_, queue_.stream()), "recording an event"); }
  float milliseconds_since(const Event &other) const {
    float result = 0;
    queue_.device().check(driver().synchronize_event(event_), "waiting for an event");
    queue_.device().check(driver().elapsed(&result, other.event_, event_), "reading the time between events");
    return result;
  }

 private:
  const Queue &queue_;
  CUevent event_ = nullptr;
};

std::size_t measure(const Queue &queue, std::size_t count, std::size_t by_rule,
                    const std::function<void(std::size_t)> &run) {
  std::vector<float> times(count);
  const Event begin(queue), end(queue);
  for (std::size_t i = 0; i < count; ++i) {
    run(i);  // compiles, and warms the caches
    for (int turn = 0; turn < kRuns; ++turn) {
      begin.record();
      run(i);
      end.record();
      const float time = end.milliseconds_since(begin);
      times[i] = turn == 0 ? time : std::min(times[i], time);
    }
  }
  const auto least = std::min_element(times.begin(), times.end());
  return *least < times[by_rule] ? static_cast<std::size_t>(least - times.begin()) : by_rule;
}

}  // namespace

int64_t least_tuned_work() {
  const char *const value = std::getenv("SPARSECONV_TUNE");
  const std::string_view word = value != nullptr ? value : "";
  return word == "off" ? std::numeric_limits<int64_t>::max() : word == "all" ? 0 : int64_t{1} << 27;
}

int log2_of(int64_t number) {
  return std::bit_width(static_cast<uint64_t>(number)) - 1;
}

std::size_t quickest(const Queue &queue, const std::string &shape, const std::vector<std::string> &names,
                     std::size_t by_rule, const std::function<void(std::size_t)> &run) {
  static std::mutex gate;
  static auto &known = *new std::map<std::string, std::string>;
  std::string key = std::string("tuning ") + SPC_VERSION + " " + queue.device().name() + " " + shape;
  for (const std::string &name : names) key += "\n" + name;
  const auto number_of = [&](const std::string &name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  {
    const std::lock_guard<std::mutex> lock(gate);
    if (const auto found = known.find(key); found != known.end()) return number_of(found->second);
  }
  const CodeCache cache;
  const auto kept = cache.read(key);
  std::size_t best = kept ? number_of(*kept) : names.size();
  if (best == names.size()) {
    best = measure(queue, names.size(), by_rule, run);
    cache.write(key, names[best]);
  }
  const std::lock_guard<std::mutex> lock(gate);
  known[key] = names[best];
  return best;
}

}  // namespace spc::cuda
