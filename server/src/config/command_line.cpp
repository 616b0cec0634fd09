#include "config/command_line.hpp"

#include "config/config.hpp"

namespace zimu::config {
namespace detail {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

}  // namespace

SplitCommand split(std::string_view command) {
  SplitCommand result;
  std::string word;
  bool in_word = false;
  char quote_mark = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\\' && quote_mark != '\'') {
      in_word = true;
      if (i + 1 == command.size()) {
        result.open_quote = true;
      } else {
        word += command[++i];
      }
    } else if (quote_mark != 0) {
      if (c == quote_mark) {
        quote_mark = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote_mark = c;
      in_word = true;  // '' is a word, an empty one
    } else if (is_blank(c)) {
      if (in_word) result.words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) result.words.push_back(std::move(word));
  result.open_quote = result.open_quote || quote_mark != 0;
  return result;
}

std::string quote(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_of(" \t\r\n'\"\\") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace detail

std::vector<std::string> split_command(std::string_view command) {
  return detail::split(command).words;
}

}  // namespace zimu::config
