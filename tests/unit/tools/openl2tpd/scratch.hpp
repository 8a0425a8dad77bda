// A directory of a test's own, gone afterwards.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace openl2tp::daemon::testing {

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "openl2tpd-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
  [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(directory_ / name); }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(directory_ / name);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }
  void write(const std::string& name, const std::string& content) const { std::ofstream(directory_ / name) << content; }

 private:
  std::filesystem::path directory_;
};

} // namespace openl2tp::daemon::testing
