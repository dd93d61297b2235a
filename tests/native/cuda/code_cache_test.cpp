// Compiled kernels on disk: written whole or not at all, read back when they are whole, made again when they are not.
#include "cuda/code_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>

#include "child.h"
#include "cuda/compiler.h"

namespace {

using spc::cuda::CodeCache;
using spc::cuda::compile;
using spc::cuda::compile_once;
using test::Child;
namespace files = std::filesystem;

constexpr int kArchitecture = 80;

std::string content(const files::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void overwrite(const files::path &path, const std::string &text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// An empty folder that SPARSECONV_CACHE names for the length of a test.
class CodeCacheTest : public testing::Test {
 protected:
  CodeCacheTest() {
    std::string name = files::temp_directory_path() / "sparseconv-cache-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    const char *const before = std::getenv("SPARSECONV_CACHE");
    if (before != nullptr) before_ = std::make_unique<std::string>(before);
    use(folder_ / "cache");
  }
  ~CodeCacheTest() override {
    before_ ? setenv("SPARSECONV_CACHE", before_->c_str(), 1) : unsetenv("SPARSECONV_CACHE");
    files::remove_all(folder_);
  }

  void use(const files::path &cache) {
    cache_ = cache;
    setenv("SPARSECONV_CACHE", cache.c_str(), 1);
  }
  std::vector<files::path> entries() const {
    std::vector<files::path> found;
    if (!files::is_directory(cache_)) return found;
    for (const auto &entry : files::directory_iterator(cache_)) found.push_back(entry.path());
    return found;
  }

  files::path folder_, cache_;

 private:
  std::unique_ptr<std::string> before_;
};

TEST_F(CodeCacheTest, Reads_what_was_written_for_the_same_key) {
  const CodeCache cache;
  EXPECT_FALSE(cache.read("key"));
  const std::string bytes("code\0with\nzeros\xff", 16);
  cache.write("key", bytes);
  cache.write("empty", "");
  EXPECT_EQ(cache.read("key"), bytes);
  EXPECT_EQ(cache.read("empty"), "");
  EXPECT_FALSE(cache.read("kez"));
  EXPECT_EQ(CodeCache().read("key"), bytes);
  cache.write("key", "another");
  EXPECT_EQ(cache.read("key"), "another");
  EXPECT_EQ(entries().size(), 2u);
}

TEST_F(CodeCacheTest, Takes_no_entry_that_is_not_whole) {
  const CodeCache cache;
  cache.write("key", "the code of a kernel");
  const files::path path = entries().at(0);
  const std::string whole = content(path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    overwrite(path, whole.substr(0, size));
    EXPECT_FALSE(cache.read("key")) << "cut at " << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] ^= 0x10;
    overwrite(path, changed);
    EXPECT_FALSE(cache.read("key")) << "changed at " << at;
  }
  overwrite(path, whole + "x");
  EXPECT_FALSE(cache.read("key"));
  overwrite(path, whole);
  EXPECT_EQ(cache.read("key"), "the code of a kernel");
}

TEST_F(CodeCacheTest, Compiles_once_and_again_where_an_entry_is_spoilt) {
  const std::string code = compile("scan", "", kArchitecture).code;
  EXPECT_EQ(compile_once("scan", "", kArchitecture), code);
  ASSERT_EQ(entries().size(), 1u);
  const files::path path = entries()[0];
  const std::string whole = content(path);
  const auto long_ago = files::last_write_time(path) - std::chrono::hours(1);

  files::last_write_time(path, long_ago);
  EXPECT_EQ(compile_once("scan", "", kArchitecture), code);
  EXPECT_EQ(files::last_write_time(path), long_ago) << "it was written again";

  for (const std::string &spoilt : {std::string(), whole.substr(0, whole.size() / 2), std::string(whole.size(), 'x')}) {
    overwrite(path, spoilt);
    EXPECT_EQ(compile_once("scan", "", kArchitecture), code);
    EXPECT_EQ(content(path), whole);
  }
}

TEST_F(CodeCacheTest, Keeps_variants_and_architectures_apart) {
  compile_once("scan", "", 80);
  compile_once("scan", "", 90);
  compile_once("pooling", "ELEMENT=float", 80);
  compile_once("pooling", "ELEMENT=double", 80);
  EXPECT_EQ(entries().size(), 4u);
  EXPECT_EQ(compile_once("pooling", "ELEMENT=double", 80), compile("pooling", "ELEMENT=double", 80).code);
}

TEST_F(CodeCacheTest, Does_without_a_folder_that_cannot_be_written) {
  const std::string code = compile("scan", "", kArchitecture).code;
  overwrite(folder_ / "file", "in the way");
  for (const files::path &place : {folder_ / "file", folder_ / "file" / "below", files::path("/proc/sparseconv")}) {
    use(place);
    EXPECT_EQ(compile_once("scan", "", kArchitecture), code) << place;
  }
  EXPECT_EQ(content(folder_ / "file"), "in the way");
  // The name of the entry is taken by a folder: the draft beside it goes again.
  use(folder_ / "cache");
  compile_once("scan", "", kArchitecture);
  const files::path path = entries().at(0);
  files::remove(path);
  files::create_directories(path / "taken");
  EXPECT_EQ(compile_once("scan", "", kArchitecture), code);
  EXPECT_EQ(entries(), std::vector<files::path>{path});
}

TEST_F(CodeCacheTest, Is_where_the_user_s_caches_are_or_nowhere) {
  const auto written_below = [&](const char *cache, const char *xdg, const char *home) {
    const auto set = [](const char *name, const char *value) {
      value != nullptr ? setenv(name, value, 1) : unsetenv(name);
    };
    set("SPARSECONV_CACHE", cache);
    set("XDG_CACHE_HOME", xdg);
    set("HOME", home);
    CodeCache().write("key", "value");
    return CodeCache().read("key").has_value();
  };
  const auto keep = [](const char *name) {
    const char *const value = std::getenv(name);
    return value != nullptr ? std::string(value) : std::string();
  };
  const std::string home = keep("HOME"), xdg = keep("XDG_CACHE_HOME");
  const files::path a = folder_ / "a", b = folder_ / "b";
  EXPECT_TRUE(written_below(nullptr, a.c_str(), b.c_str()));
  EXPECT_TRUE(files::exists(a / "sparseconv"));
  EXPECT_FALSE(files::exists(b));
  EXPECT_TRUE(written_below(nullptr, nullptr, b.c_str()));
  EXPECT_TRUE(files::exists(b / ".cache" / "sparseconv"));
  EXPECT_FALSE(written_below(nullptr, nullptr, nullptr));
  EXPECT_FALSE(written_below("off", a.c_str(), b.c_str()));
  setenv("HOME", home.c_str(), 1);
  xdg.empty() ? unsetenv("XDG_CACHE_HOME") : setenv("XDG_CACHE_HOME", xdg.c_str(), 1);
}

// Compiles, while others do too, and spoils what they left now and then.
TEST(CodeCacheProcess, DISABLED_compiles) {
  std::mt19937 random(static_cast<unsigned>(getpid()));
  const files::path folder = std::getenv("SPARSECONV_CACHE");
  const std::string code = compile("scan", "", kArchitecture).code;
  for (int i = 0; i < 40; ++i) {
    if (compile_once("scan", "", kArchitecture) != code) return Child::answer("other code");
    std::error_code ignored;
    for (files::directory_iterator it(folder, ignored), end; it != end; it.increment(ignored)) {
      const files::path path = it->path();
      if (path.extension() != ".bin") continue;
      if (random() % 3 == 0) files::remove(path, ignored);
      if (random() % 3 == 0) files::resize_file(path, random() % 300, ignored);
    }
  }
  Child::answer("the same code");
}

TEST_F(CodeCacheTest, Serves_many_processes_at_once) {
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 6; ++i) {
    children.push_back(std::make_unique<Child>("CodeCacheProcess.DISABLED_compiles",
                                               std::vector<test::Setting>{{"SPARSECONV_CACHE", cache_}}));
  }
  for (const auto &child : children) EXPECT_EQ(child->answers(), std::vector<std::string>{"the same code"});
  const std::string code = compile_once("scan", "", kArchitecture);
  EXPECT_EQ(code, compile("scan", "", kArchitecture).code);
  ASSERT_EQ(entries().size(), 1u) << "a draft was left";
  EXPECT_EQ(entries()[0].extension(), ".bin");
}

}  // namespace
