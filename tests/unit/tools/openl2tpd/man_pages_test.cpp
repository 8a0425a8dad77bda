// The pages say what the programs do: commands and parameters of openl2tpd.conf(5), procedures of openl2tp_rpc(4). The
// options of openl2tpd(8) are in options_test.cpp.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/l2tpconfig/command_table.hpp"
#include "tools/openl2tpd/config_reader.hpp"
#include "tools/openl2tpd/config_text.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::daemon {
namespace {

std::vector<std::string> page(const std::string& name) {
  std::ifstream file(OPENL2TP_SOURCE_DIR "/" + name);
  EXPECT_TRUE(file) << name;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

bool belongs_in_a_file(const cli::Command& command) {
  return command.access == cli::Access::change && command.words[0] != "config" && command.words[0] != "test";
}

TEST(ManPages, TheConfigurationsPageListsEveryCommandOfAFileWithItsParameters) {
  std::map<std::string, std::set<std::string>> documented, expected;
  std::string command;
  for (const std::string& line : page("tools/openl2tpd/openl2tpd.conf.5")) {
    if (line.starts_with(".It Ic ")) {
      command = line.substr(7);
      documented[command];
    } else if (line.starts_with(".El")) {
      command.clear();
    } else if (line.starts_with(".Cm ") && !command.empty()) {
      documented[command].insert(line.substr(4, line.find(' ', 4) - 4));
    }
  }
  for (const cli::Command& row : cli::command_table()) {
    if (!belongs_in_a_file(row)) continue;
    auto& parameters = expected[cli::name_of(row)];
    for (const cli::Parameter& parameter : row.parameters)
      parameters.insert(std::string(parameter.name));
  }
  EXPECT_GT(expected.size(), 20u);
  for (const auto& [name, parameters] : expected)
    EXPECT_EQ(documented[name], parameters) << name;
  for (const auto& [name, parameters] : documented)
    EXPECT_TRUE(expected.contains(name)) << name;
}

TEST(ManPages, TheInterfacesPageListsEveryProcedure) {
  std::set<std::string> documented, expected;
  const std::regex row(R"(^\.It (\d+) Ta ([A-Z_]+( \*)?)$)");
  for (const std::string& line : page("tools/rpc/openl2tp_rpc.4")) {
    std::smatch match;
    if (std::regex_match(line, match, row)) documented.insert(match[1].str() + " " + match[2].str());
  }
  for (const auto rows :
       {rpc::system_procedures(), rpc::tunnel_procedures(), rpc::session_procedures(), rpc::profile_procedures(),
        rpc::peer_procedures(), rpc::test_procedures(), rpc::extension_procedures(), rpc::extension_ppp_procedures()})
    for (const rpc::Procedure& procedure : rows)
      expected.insert(std::to_string(procedure.number) + " " + procedure.name +
                      (procedure.access == rpc::Access::change ? " *" : ""));
  EXPECT_GT(expected.size(), 40u);
  EXPECT_EQ(documented, expected);
}

TEST(ManPages, ExamplesAreConfigurationsThatAreAccepted) {
  for (const std::string name : {"tools/openl2tpd/openl2tpd.conf.5", "docs/man/openl2tp.7"}) {
    std::string text;
    bool literal = false;
    for (std::string line : page(name)) {
      if (line.starts_with(".Bd -literal")) literal = true;
      if (literal && !line.starts_with(".")) {
        for (std::size_t at = 0; (at = line.find("\\e", at)) != std::string::npos; ++at)
          line.replace(at, 2, "\\");
        text += line + "\n";
      }
      if (line.starts_with(".Ed")) literal = false;
    }
    const auto read = read_configuration(name, text, {});
    EXPECT_TRUE(read) << fault_text(name, read ? FileFault{} : read.error().front());
    EXPECT_FALSE(read_commands(text).commands.empty()) << name;
  }
}

TEST(ManPages, AllPagesThatReferToEachOtherExist) {
  const std::regex reference(R"(\.Xr (openl2tp\S*|l2tpconfig) (\d))");
  const std::set<std::string> pages{"tools/openl2tpd/openl2tpd.8",
                                    "tools/openl2tpd/openl2tpd.conf.5",
                                    "tools/rpc/openl2tp_rpc.4",
                                    "docs/man/openl2tp.7",
                                    "tools/l2tpconfig/l2tpconfig.1",
                                    "sdk/openl2tp_plugin.3",
                                    "plugins/ppp_unix/openl2tp_ppp_unix.8",
                                    "plugins/ppp_kernel/openl2tp_ppp_kernel.8"};
  std::set<std::string> names;
  for (const std::string& name : pages) {
    EXPECT_TRUE(std::filesystem::exists(OPENL2TP_SOURCE_DIR "/" + name)) << name;
    names.insert(name.substr(name.rfind('/') + 1));
  }
  for (const std::string& name : pages)
    for (const std::string& line : page(name)) {
      std::smatch match;
      if (std::regex_search(line, match, reference)) {
        EXPECT_TRUE(names.contains(match[1].str() + "." + match[2].str())) << name << ": " << line;
      }
    }
}

} // namespace
} // namespace openl2tp::daemon
