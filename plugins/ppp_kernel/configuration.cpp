#include "plugins/ppp_kernel/configuration.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::size_t name_max = 63, path_max = 1'023;
constexpr std::string_view blanks = " \t\r\v\f";

using Words = std::vector<std::string_view>;

Words split(std::string_view line) {
  Words words;
  line = line.substr(0, line.find('#'));
  for (;;) {
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t length = std::min(line.find_first_of(blanks), line.size());
    words.push_back(line.substr(0, length));
    line.remove_prefix(length);
  }
}

/// A value of the operator's, as a message shows it.
std::string quoted(std::string_view value) {
  constexpr std::size_t shown = 60;
  return "\"" + std::string(value.substr(0, shown)) + (value.size() > shown ? "...\"" : "\"");
}

bool is_pool_name(std::string_view name) {
  return !name.empty() && name.size() <= name_max && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::optional<std::string> bad_path(std::string_view path) {
  const bool good = path.size() > 1 && path.size() <= path_max && path[0] == '/' && path.back() != '/' &&
                    path.find('\0') == std::string_view::npos;
  if (good) return std::nullopt;
  return quoted(path) + ": a file has a path from / on, of at most 1023 octets";
}

std::optional<ScriptKind> script_kind(std::string_view word) {
  for (std::size_t i = 0; i < script_kinds; ++i)
    if (const auto kind = static_cast<ScriptKind>(i); word == name(kind)) return kind;
  return std::nullopt;
}

/// One file while it is read. Each of the functions answers empty, or what is wrong with its line.
class Reader {
 public:
  Configuration configuration;

  std::string read(const Words& words) {
    if (words[0] == "pool") return read_pool(words);
    if (words[0] == "script") return read_script(words);
    if (words[0] == "profile") return read_profile(words);
    return quoted(words[0]) + ": a line begins with pool, script or profile";
  }

 private:
  std::string read_pool(const Words& words) {
    constexpr std::string_view leases_word = "leases=";
    if (words.size() < 3 || words.size() > 4) return "a pool is: pool NAME RANGE[,RANGE...] [leases=FILE]";
    auto& pools = configuration.pools;
    if (pools.size() == pools_max) return "more than " + std::to_string(pools_max) + " pools";
    if (!is_pool_name(words[1]))
      return quoted(words[1]) + ": a pool's name has 1 to 63 letters, digits, dots, hyphens and underlines";
    auto pool = ppp::AddressPool::parse(words[2]);
    if (!pool)
      return quoted(words[2]) + ": " + std::string(ppp::AddressPool::name(pool.error())) +
             "; ranges are A.B.C.D, A.B.C.D-A.B.C.D or A.B.C.D/N, with commas between them";
    std::string_view leases;
    if (words.size() == 4) {
      if (!words[3].starts_with(leases_word)) return quoted(words[3]) + ": only leases=FILE may follow the ranges";
      leases = words[3].substr(leases_word.size());
      if (const auto bad = bad_path(leases)) return *bad;
    }
    for (const PoolDefinition& other : pools) {
      if (other.name == words[1]) return quoted(words[1]) + ": there is a pool of this name above";
      if (other.pool.overlaps(*pool)) return quoted(words[2]) + ": has addresses of pool " + quoted(other.name);
      if (!leases.empty() && other.leases == leases)
        return quoted(leases) + ": is the file of pool " + quoted(other.name);
    }
    pools.push_back({std::string(words[1]), std::string(words[2]), std::string(leases), std::move(*pool)});
    return {};
  }

  std::string read_script(const Words& words) {
    if (words.size() != 3) return "a script is: script ip-up|ip-down|ipv6-up|ipv6-down FILE|none";
    const auto kind = script_kind(words[1]);
    if (!kind) return quoted(words[1]) + ": a script is one of ip-up, ip-down, ipv6-up, ipv6-down";
    const auto place = static_cast<std::size_t>(*kind);
    if (configuration.options.scripts_said[place]) return quoted(words[1]) + ": is said above";
    configuration.options.scripts_said[place] = true;
    if (words[2] == "none") return {};
    if (const auto bad = bad_path(words[2])) return *bad + "; or none";
    configuration.options.scripts[place] = words[2];
    return {};
  }

  std::string read_profile(const Words& words) {
    if (words.size() < 3) return "a profile is: profile NAME [data=tun|any] [same_user=replace|refuse]";
    if (words[1].size() > 255) return quoted(words[1]) + ": a profile's name has at most 255 octets";
    if (!profiles_said_.emplace(words[1]).second) return quoted(words[1]) + ": is said above";
    if (profiles_said_.size() > profiles_max) return "more than " + std::to_string(profiles_max) + " profiles";
    bool data_said = false, same_user_said = false;
    for (std::size_t i = 2; i < words.size(); ++i) {
      const std::string_view word = words[i];
      const bool data = word == "data=tun" || word == "data=any";
      if (!data && word != "same_user=replace" && word != "same_user=refuse")
        return quoted(word) + ": data=tun or data=any, same_user=replace or same_user=refuse";
      if (std::exchange(data ? data_said : same_user_said, true)) return quoted(word) + ": is said already";
      if (word == "data=tun") configuration.options.tun_profiles.emplace(words[1]);
      if (word == "same_user=refuse") configuration.options.keep_profiles.emplace(words[1]);
    }
    return {};
  }

  std::unordered_set<std::string> profiles_said_;
};

} // namespace

std::string_view name(ScriptKind kind) noexcept {
  switch (kind) {
  case ScriptKind::ip_up: return "ip-up";
  case ScriptKind::ip_down: return "ip-down";
  case ScriptKind::ipv6_up: return "ipv6-up";
  case ScriptKind::ipv6_down: return "ipv6-down";
  }
  return "?";
}

tl::expected<Configuration, std::vector<ConfigurationProblem>> parse_configuration(std::string_view text) {
  std::vector<ConfigurationProblem> problems;
  if (text.size() > configuration_text_max) {
    problems.push_back({1, "the file is larger than 1 MiB"});
    return tl::unexpected(std::move(problems));
  }
  Reader reader;
  for (std::uint32_t line = 1; !text.empty(); ++line) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const Words words = split(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
    if (words.empty()) continue;
    std::string what = reader.read(words);
    if (what.empty()) continue;
    problems.push_back({line, std::move(what)});
    if (problems.size() == configuration_problems_max) break;
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return std::move(reader.configuration);
}

} // namespace openl2tp::ppp_kernel
