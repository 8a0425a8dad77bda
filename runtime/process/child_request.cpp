#include "runtime/process/child_request.hpp"

#include <cerrno>
#include <cstring>

namespace openl2tp::runtime {

namespace {

bool targets_are_legal(std::span<const std::int32_t> targets) {
  std::uint64_t seen = 0;
  static_assert(child_fd_number_max < 64);
  for (const std::int32_t target : targets) {
    if (target < 0 || target > child_fd_number_max) return false;
    const std::uint64_t bit = std::uint64_t{1} << target;
    if ((seen & bit) != 0) return false;
    seen |= bit;
  }
  return true;
}

} // namespace

std::vector<std::byte> encode_start(ChildId child, const ChildStart& start) {
  if (start.path == nullptr || *start.path != '/' || start.arguments.empty() ||
      start.arguments.size() > child_words_max || start.environment.size() > child_words_max ||
      start.fds.size() > child_fds_max)
    return {};
  StartRequest header{.request = {.kind = RequestKind::start, .number = 0, .child = child},
                      .argument_count = static_cast<std::uint32_t>(start.arguments.size()),
                      .environment_count = static_cast<std::uint32_t>(start.environment.size()),
                      .fd_count = static_cast<std::uint32_t>(start.fds.size()),
                      .reserved = 0,
                      .targets = {}};
  for (std::size_t i = 0; i < start.fds.size(); ++i)
    header.targets[i] = start.fds[i].to;
  if (!targets_are_legal({header.targets.data(), start.fds.size()})) return {};

  std::vector<std::byte> message;
  bool fits = true;
  // The size first: a text may be endless.
  std::size_t size = sizeof header;
  const auto measure = [&](const char* text) {
    const std::size_t room = start_octets_max - size;
    const std::size_t length = ::strnlen(text, room) + 1;
    fits = fits && length <= room;
    if (fits) size += length;
  };
  measure(start.path);
  for (const auto words : {start.arguments, start.environment})
    for (const char* word : words)
      measure(word);
  if (!fits) return {};

  message.reserve(size);
  const auto append = [&](const void* octets, std::size_t length) {
    const auto* const begin = static_cast<const std::byte*>(octets);
    message.insert(message.end(), begin, begin + length);
  };
  append(&header, sizeof header);
  append(start.path, ::strlen(start.path) + 1);
  for (const auto words : {start.arguments, start.environment})
    for (const char* word : words)
      append(word, ::strlen(word) + 1);
  return message;
}

tl::expected<DecodedStart, int> decode_start(std::span<std::byte> message, std::size_t fds) {
  StartRequest header;
  if (message.size() < sizeof header || message.size() > start_octets_max) return tl::unexpected(EINVAL);
  std::memcpy(&header, message.data(), sizeof header);
  if (header.request.kind != RequestKind::start || header.request.child == 0 || header.reserved != 0 ||
      header.argument_count == 0 || header.argument_count > child_words_max ||
      header.environment_count > child_words_max || header.fd_count > child_fds_max)
    return tl::unexpected(EINVAL);
  // The kernel leaves descriptors out when the process may open no more.
  if (header.fd_count != fds) return tl::unexpected(fds < header.fd_count ? EMFILE : EINVAL);
  if (!targets_are_legal({header.targets.data(), fds})) return tl::unexpected(EINVAL);

  std::span<std::byte> texts = message.subspan(sizeof header);
  const auto next = [&]() -> char* {
    if (texts.empty()) return nullptr;
    const void* const end = std::memchr(texts.data(), 0, texts.size());
    if (end == nullptr) return nullptr;
    char* const text = reinterpret_cast<char*>(texts.data());
    texts = texts.subspan(static_cast<std::size_t>(static_cast<const std::byte*>(end) - texts.data()) + 1);
    return text;
  };

  DecodedStart start;
  start.child = header.request.child;
  start.path = next();
  if (start.path == nullptr || *start.path != '/') return tl::unexpected(EINVAL);
  for (auto [list, count] :
       {std::pair{&start.arguments, header.argument_count}, std::pair{&start.environment, header.environment_count}}) {
    for (std::uint32_t i = 0; i < count; ++i) {
      char* const text = next();
      if (text == nullptr) return tl::unexpected(EINVAL);
      list->push_back(text);
    }
    list->push_back(nullptr);
  }
  if (!texts.empty()) return tl::unexpected(EINVAL);
  start.targets.assign(header.targets.begin(), header.targets.begin() + static_cast<std::ptrdiff_t>(fds));
  return start;
}

} // namespace openl2tp::runtime
