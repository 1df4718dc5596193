// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <sstream>
#include <utility>
#include <vector>

#include "base/foreign_writer.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "config/rules_yaml.hpp"
#include "config/settings_table.hpp"
#include "config/text.hpp"
#include "config/yaml_node.hpp"

namespace cmm {
namespace {

/// A scalar of another type: a quoted flag is a text, and "key=value" is how the command line writes a map.
bool is_misplaced(const YAML::Node& value, Shape shape) {
  if (shape == Shape::flag) return is_quoted(value);
  return shape == Shape::map && value.IsScalar() && value.Scalar().find('=') != std::string::npos;
}

Checked<std::string> text_of(const YAML::Node& value, const YAML::Mark& mark, const Setting& setting) {
  const auto accepted =
      fmt::format("{}{}", setting.accepted, setting.shape == Shape::list ? ", or a list of such" : "");
  if (is_misplaced(value, setting.shape)) return wrong_type(value, mark, setting.key, accepted);
  return scalar_of(value, mark, setting.key, accepted);
}

/// A map as the setting wants it: "key=value".
Checked<std::vector<std::string>> entries_of(const YAML::Node& map, const Setting& setting) {
  std::vector<std::string> texts;
  const auto add = [&](const std::string& key, const YAML::Node& value, const YAML::Mark& mark) {
    return scalar_of(value, mark, key, setting.accepted).map([&](const std::string& text) {
      texts.push_back(fmt::format("{}={}", key, text));
    });
  };
  return read_map(map, {setting.map_keys.begin(), setting.map_keys.end()}, add)
      .map([&](const Lines&) { return std::move(texts); })
      .map_error(within(setting.key));
}

Checked<std::vector<std::string>> elements_of(const YAML::Node& list, const YAML::Mark& mark,
                                              const Setting& setting) {
  std::vector<std::string> texts;
  for (const auto& element : list) {
    auto text = text_of(element, mark_of(element, mark), setting);
    if (!text) return tl::unexpected{text.error()};
    texts.push_back(*std::move(text));
  }
  return texts;
}

Checked<std::vector<std::string>> texts_of(const YAML::Node& value, const YAML::Mark& mark,
                                           const Setting& setting) {
  const bool has_tag = has_own_tag(value);
  if (setting.shape == Shape::list && value.IsSequence() && !has_tag) {
    return elements_of(value, mark, setting);
  }
  if (setting.shape == Shape::map && value.IsMap() && !has_tag) return entries_of(value, setting);
  return text_of(value, mark, setting).map([](std::string&& text) { return std::vector{std::move(text)}; });
}

std::vector<std::string_view> known_keys() {
  auto keys = setting_keys();
  keys.push_back(rules_key);
  return keys;
}

Checked<void> apply_entry(const std::string& key, const YAML::Node& value, const YAML::Mark& mark,
                          Settings& into) {
  if (key == rules_key) {
    return read_rules(value, mark).map([&](Rules&& rules) { into.rules = std::move(rules); });
  }
  const auto* setting = find_setting(key);
  const auto texts = texts_of(value, mark, *setting);
  if (!texts) return tl::unexpected{texts.error()};
  const auto set = setting->set(into, *texts);
  if (!set) return complain(mark, fmt::format("{}: {}", setting->key, set.error()));
  return {};
}

/// Notes where documents start, and nothing else.
class DocumentStarts : public YAML::EventHandler {
 public:
  [[nodiscard]] const std::vector<YAML::Mark>& marks() const { return marks_; }

  void OnDocumentStart(const YAML::Mark& mark) override { marks_.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

 private:
  std::vector<YAML::Mark> marks_;
};

/// YAML::LoadAll would do, but never ends on a text like ",": each call finds one more document there and
/// consumes nothing. Two documents are one too many anyway.
Checked<void> check_one_document(const std::string& text) {
  std::istringstream stream{text};
  YAML::Parser parser{stream};
  DocumentStarts starts;
  while (starts.marks().size() < 2 && parser.HandleNextDocument(starts)) {
  }
  if (starts.marks().size() < 2) return {};
  const auto& first = starts.marks()[0];
  const auto& second = starts.marks()[1];
  if (first.pos == second.pos) {
    return complain(first, "not YAML: no value starts like this; accepted: lines like \"interval: 10s\"");
  }
  return complain(second, "a second YAML document, or text that belongs to no key; accepted: one document");
}

Checked<FileSettings> read_settings(const std::string& text, Settings base) {
  const auto checked = check_one_document(text);
  if (!checked) return tl::unexpected{checked.error()};
  FileSettings result{std::move(base), {}};
  const auto map = YAML::Load(text);
  if (map.IsNull()) return result;
  if (!map.IsMap()) {
    return complain(
        map.Mark(),
        fmt::format("{} instead of keys with values; accepted: lines like \"interval: 10s\"", describe(map)));
  }
  const auto apply = [&](const std::string& key, const YAML::Node& value, const YAML::Mark& mark) {
    return apply_entry(key, value, mark, result.settings);
  };
  auto lines = read_map(map, known_keys(), apply);
  if (!lines) return tl::unexpected{lines.error()};
  result.lines = *std::move(lines);
  return result;
}

tl::unexpected<std::string> unreadable(const Error& error) {
  return tl::unexpected{error.message() + "; accepted: a readable YAML file"};
}

/// In words, for a message; nothing for a regular file.
std::string_view other_kind(const UniqueFd& fd) {
  struct stat file {};
  if (::fstat(fd.get(), &file) != 0 || S_ISREG(file.st_mode)) return {};
  if (S_ISDIR(file.st_mode)) return "a directory";
  return S_ISFIFO(file.st_mode) ? "a pipe" : "a device";
}

/// The text up to one byte more than is accepted, so that the reader of the text can tell. Nothing is waited
/// for, as it would be where somebody may still write into a pipe. Links are followed: those of a ConfigMap's
/// volume lead to root's files.
Parsed<std::string> read_text(const std::string& path) {
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!fd) return unreadable(errno_error("open", printable(path)));
  if (const auto kind = other_kind(fd); !kind.empty()) {
    return tl::unexpected{
        fmt::format("cannot read {}: it is {}; accepted: a regular file with YAML", printable(path), kind)};
  }
  // Whoever writes it says what root does.
  if (const auto writer = foreign_writer(fd.get(), printable(path))) {
    return tl::unexpected{
        fmt::format("cannot trust {}: {}; accepted: a file of root or of the daemon's own user",
                    printable(path), *writer)};
  }
  std::string text(largest_config + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(errno_error("read", printable(path)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

Parsed<FileSettings> parse_yaml(std::string_view text, std::string_view file, Settings base) {
  const auto with_place = [&](const Complaint& complaint) {
    return fmt::format("{}:{}: {}", printable(file), complaint.line, complaint.message);
  };
  if (text.size() > largest_config) {
    return tl::unexpected{with_place({1, "larger than 128 KiB; accepted: at most 128 KiB of YAML"})};
  }
  try {
    return read_settings(std::string{text}, std::move(base)).map_error(with_place);
  } catch (const YAML::Exception& exception) {
    const auto why =
        fmt::format("not YAML: {}; accepted: lines like \"interval: 10s\"", printable(exception.msg));
    return tl::unexpected{with_place({line_of(exception.mark), why})};
  }
}

Parsed<FileSettings> read_yaml_file(const std::string& path, Settings base) {
  const auto text = read_text(path);
  if (!text) return tl::unexpected{text.error()};
  return parse_yaml(*text, path, std::move(base));
}

std::string to_yaml(const Settings& settings) {
  std::string text;
  for (const auto& setting : settings_table()) {
    const auto value = setting.show(settings);
    text += value.empty() ? fmt::format("# {}: {}\n", setting.key, setting.unset)
                          : fmt::format("{}: {}\n", setting.key, value);
  }
  return text + to_yaml(settings.rules);
}

}  // namespace cmm
