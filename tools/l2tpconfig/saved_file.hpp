// Files of l2tpconfig's own: written whole or not at all, and read with a bound. Private to l2tpconfig.
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace openl2tp::cli {

/// Replaces the file at `path` by `text`, atomically and with mode 0600: it holds secrets. What is no regular file (a
/// terminal, a pipe) is written to directly. @error one line for people.
[[nodiscard]] tl::expected<void, std::string> save_file(const std::string& path, const std::string& text);

/// The whole of a file. @error one line for people; also when the file is longer than `size_max`.
[[nodiscard]] tl::expected<std::string, std::string> read_file(const std::string& path, std::size_t size_max);

} // namespace openl2tp::cli
