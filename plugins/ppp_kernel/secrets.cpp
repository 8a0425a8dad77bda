#include "plugins/ppp_kernel/secrets.hpp"
#include "plugins/descriptors.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "plugins/ppp_kernel/network.hpp"

namespace openl2tp::ppp_kernel {

class Secrets::FilesLook final : public Look {
 public:
  explicit FilesLook(Secrets& owner) : owner_(owner), files_(owner.files_) {}
  void work() override {
    for (File& file : files_)
      look_at(file);
  }
  void done() override {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      for (const std::string& remark : files_[i].remarks)
        owner_.host_.warning(remark);
      owner_.files_[i] = std::move(files_[i]);
    }
  }

 private:
  Secrets& owner_; // the shard's alone
  std::array<File, 2> files_;
};

Secrets::Secrets(Host host, openl2tp_loop* loop, const SecretPaths& paths, ppp::Authority* other)
    : host_(host), other_(other), freshness_(host, loop, [this] { return std::make_unique<FilesLook>(*this); }) {
  files_[0].path = paths.chap;
  files_[1].path = paths.pap;
}

/// [worker]
void Secrets::look_at(File& file) {
  file.fresh = false;
  file.remarks.clear();
  struct stat now{};
  const Descriptor fd(open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (fd.get() < 0 || fstat(fd.get(), &now) < 0) {
    const int fault = errno;
    if (file.changed.tv_sec == -2) return; // said already
    file.changed = {-2, 0};
    file.remarks.push_back(file.path + ": " + plugins::error_text(fault));
    file.secrets = std::make_shared<ppp::SecretsFile>();
    file.fresh = true;
    return;
  }
  const auto size = static_cast<std::uint64_t>(now.st_size);
  if (now.st_mtim.tv_sec == file.changed.tv_sec && now.st_mtim.tv_nsec == file.changed.tv_nsec &&
      now.st_ino == file.inode && size == file.size)
    return;
  file.changed = now.st_mtim;
  file.inode = now.st_ino;
  file.size = size;
  std::string text;
  if (S_ISREG(now.st_mode) && size <= ppp::SecretsFile::text_max) {
    text.resize(size);
    std::size_t have = 0;
    while (have < text.size()) {
      const ssize_t got = read(fd.get(), text.data() + have, text.size() - have);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    text.resize(have);
  } else {
    file.remarks.push_back(file.path + ": not a file, or larger than 16 MiB");
  }
  file.secrets = std::make_shared<ppp::SecretsFile>();
  const auto report = file.secrets->reload(text);
  explicit_bzero(text.data(), text.size());
  for (const auto& problem : report.problems)
    file.remarks.push_back(file.path + ":" + std::to_string(problem.line) + ": " + problem.what);
  file.fresh = true;
}

} // namespace openl2tp::ppp_kernel
