// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "config/settings_table.hpp"
#include "config/text.hpp"

namespace cmm {
namespace {

/// Something to be said about one line of the file.
struct Complaint {
  int line = 1;
  std::string message;
};

template <class T>
using Checked = tl::expected<T, Complaint>;

/// yaml-cpp counts from 0, and has -1 where it doesn't know.
int line_of(const YAML::Mark& mark) { return std::max(mark.line, 0) + 1; }

tl::unexpected<Complaint> complain(const YAML::Mark& mark, std::string message) {
  return tl::unexpected{Complaint{line_of(mark), std::move(message)}};
}

/// A tag that was written ("!!int"), as opposed to the two that stand for plain and quoted scalars.
bool has_own_tag(const YAML::Node& node) {
  const auto& tag = node.Tag();
  return !tag.empty() && tag != "?" && tag != "!";
}

bool is_quoted(const YAML::Node& node) { return node.Tag() == "!"; }

std::string describe(const YAML::Node& node) {
  if (has_own_tag(node)) return fmt::format("a value with the tag {}", in_quotes(node.Tag()));
  if (node.IsNull()) return "nothing";
  if (node.IsSequence()) return node.size() == 0 ? "an empty list" : "a list";
  if (node.IsMap()) return "a map";
  return fmt::format("the {}text {}", is_quoted(node) ? "quoted " : "", in_quotes(node.Scalar()));
}

Checked<std::string> text_of(const YAML::Node& value, const YAML::Mark& mark, const Setting& setting) {
  const bool fits =
      value.IsScalar() && !has_own_tag(value) && !(setting.shape == Shape::flag && is_quoted(value));
  if (fits) return value.Scalar();
  return complain(mark,
                  fmt::format("{}: wrong type, {} was given; accepted: {}{}", setting.key, describe(value),
                              setting.accepted, setting.shape == Shape::list ? ", or a list of such" : ""));
}

Checked<std::vector<std::string>> texts_of(const YAML::Node& value, const YAML::Mark& mark,
                                           const Setting& setting) {
  std::vector<std::string> texts;
  const auto add = [&](std::string&& text) { texts.push_back(std::move(text)); };
  if (setting.shape != Shape::list || !value.IsSequence() || has_own_tag(value)) {
    return text_of(value, mark, setting).map(add).map([&] { return std::move(texts); });
  }
  for (const auto& element : value) {
    auto added = text_of(element, element.IsNull() ? mark : element.Mark(), setting).map(add);
    if (!added) return tl::unexpected{added.error()};
  }
  return texts;
}

std::string unknown_key(std::string_view key) {
  const auto keys = setting_keys();
  const auto near = nearest(key, keys);
  if (!near.empty()) return fmt::format("unknown key {}; did you mean {}?", in_quotes(key), in_quotes(near));
  return fmt::format("unknown key {}; accepted: {}", in_quotes(key), fmt::join(keys, ", "));
}

Checked<void> apply_entry(const YAML::Node& key, const YAML::Node& value, FileSettings& into) {
  const auto mark = key.Mark();
  if (!key.IsScalar()) {
    return complain(mark, fmt::format("{} instead of a key; accepted: {}", describe(key),
                                      fmt::join(setting_keys(), ", ")));
  }
  const auto* setting = find_setting(key.Scalar());
  if (setting == nullptr) return complain(mark, unknown_key(key.Scalar()));
  const auto [first, is_new] = into.lines.try_emplace(key.Scalar(), line_of(mark));
  if (!is_new) {
    return complain(mark, fmt::format("{}: duplicate key, line {} has it already; accepted: each key once",
                                      setting->key, first->second));
  }
  const auto texts = texts_of(value, mark, *setting);
  if (!texts) return tl::unexpected{texts.error()};
  const auto set = setting->set(into.settings, *texts);
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
  for (const auto& entry : map) {
    const auto applied = apply_entry(entry.first, entry.second, result);
    if (!applied) return tl::unexpected{applied.error()};
  }
  return result;
}

/// The text up to one byte more than is accepted, so that the reader of the text can tell.
Result<std::string> read_text(const std::string& path) {
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return tl::unexpected{errno_error("open", printable(path))};
  std::string text(largest_config + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected{errno_error("read", printable(path))};
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
    return tl::unexpected{with_place({1, "larger than 1 MiB; accepted: at most 1 MiB of YAML"})};
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
  if (!text) {
    return tl::unexpected{text.error().message() + "; accepted: a readable YAML file"};
  }
  return parse_yaml(*text, path, std::move(base));
}

std::string to_yaml(const Settings& settings) {
  std::string text;
  for (const auto& setting : settings_table()) {
    const auto value = setting.show(settings);
    text += value.empty() ? fmt::format("# {}: {}\n", setting.key, setting.unset)
                          : fmt::format("{}: {}\n", setting.key, value);
  }
  return text;
}

}  // namespace cmm
