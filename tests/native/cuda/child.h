// This test program once more, in a process of its own with another environment: what is opened or read once in a
// process is tested so. What runs there is a disabled test, which tells its answers.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace test {

struct Setting {
  const char *name;
  std::string value;
};

class Child {
 public:
  // probe: "Suite.DISABLED_name".
  Child(const std::string &probe, const std::vector<Setting> &settings) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    process_ = fork();
    if (process_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      for (const Setting &setting : settings) setenv(setting.name, setting.value.c_str(), 1);
      const std::string filter = "--gtest_filter=" + probe;
      execl("/proc/self/exe", "probe", filter.c_str(), "--gtest_also_run_disabled_tests", nullptr);
      _exit(127);
    }
    close(ends[1]);
    end_ = ends[0];
  }
  ~Child() {
    if (end_ >= 0) answers();
  }
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;

  // Waits for its end, which has to be a good one.
  std::vector<std::string> answers() {
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = read(end_, piece, sizeof piece)) > 0;) text.append(piece, static_cast<size_t>(got));
    close(end_);
    end_ = -1;
    int status = 0;
    waitpid(process_, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << text;
    std::vector<std::string> result;
    for (std::size_t at = 0; (at = text.find(kMark, at)) != std::string::npos;) {
      at += kMark.size();
      result.push_back(text.substr(at, text.find('\n', at) - at));
    }
    return result;
  }

  static void answer(const std::string &text) {
    std::printf("%s%s\n", kMark.c_str(), text.c_str());
    std::fflush(stdout);
  }

 private:
  static inline const std::string kMark = "\nanswer: ";

  pid_t process_ = -1;
  int end_ = -1;
};

// What the probe answers, where it answers once.
inline std::string ask(const std::string &probe, const std::vector<Setting> &settings) {
  const std::vector<std::string> answers = Child(probe, settings).answers();
  return answers.size() == 1 ? answers[0] : "answered " + std::to_string(answers.size()) + " times";
}

}  // namespace test
