// What may stand where the cursor is: keywords, parameter names, values, names of objects. Interactive mode and the
// shell's completion ask here. What does not live here: terminals (interactive.cpp).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/l2tpconfig/commands.hpp"

namespace openl2tp::cli {

struct Candidate {
  std::string text; ///< takes the place of the last word; a parameter's name ends in =
  std::string help; ///< may be empty
};

struct Completion {
  std::size_t start = 0; ///< where in the line the last word begins
  std::vector<Candidate> candidates;
  bool in_quotes = false; ///< the last word is inside quotes: nothing is offered
};

/// The objects that a parameter may name. `words` are the words of the line before the last.
using NameSource = std::function<std::vector<std::string>(const Command& command, std::string_view parameter,
                                                          std::span<const std::string> words)>;

/// Completes the last word of `line`, which ends at the cursor. @param names  may be empty.
[[nodiscard]] Completion complete(std::string_view line, const NameSource& names);

/// The longest text with which all candidates begin.
[[nodiscard]] std::string common_prefix(const std::vector<Candidate>& candidates);

/// Names of profiles, tunnels and sessions as the daemon tells them; at most kNamesMax. Nothing when it does not
/// answer.
[[nodiscard]] std::vector<std::string> object_names(Context& context, const Command& command,
                                                    std::string_view parameter, std::span<const std::string> words);
inline constexpr std::size_t kNamesMax = 256;

} // namespace openl2tp::cli
