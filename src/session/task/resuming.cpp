#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "session/task/task_body.h"
#include "wire/http/characters.h"

// Downloads to a file, and how an interrupted one goes on: by range and validator (RFC 9110 14).

namespace bowline::session {

namespace {

constexpr std::string_view resume_mark = "bowline-resume-1";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

/// `bytes 100-199/200`: where it begins.
std::optional<std::uint64_t> range_begin(std::string_view value) {
  constexpr std::string_view unit = "bytes ";
  if (value.size() < unit.size() || !wire::equal_without_case(value.substr(0, unit.size()), unit))
    return std::nullopt;
  value.remove_prefix(unit.size());
  const std::size_t dash = value.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  return number_in(value.substr(0, dash));
}

/// A strong one: what it names is equal octet by octet.
std::string strong_validator(const HttpFields& fields) {
  if (const auto tag = fields.find("etag")) {
    if (tag->starts_with('"')) return std::string(*tag);
    return {};
  }
  // A date is strong only if it is old enough at the time of the response (RFC 9110 8.8.2.2); whoever sends
  // no
  // Date cannot say so.
  const auto modified = fields.find("last-modified");
  const auto date = fields.find("date");
  if (!modified || !date || *modified == *date) return {};
  return std::string(*modified);
}

}  // namespace

/// Opens the file that is written, or the one that an interrupted download has left.
Result<void> TaskBody::begin_resume() {
  std::unique_ptr<FileSink> file;
  if (facts_->resume.empty()) {
    BOWLINE_TRY(file, FileSink::create(facts_->file, session_->chance(8)));
  } else {
    const std::vector<std::string> lines = lines_of(facts_->resume.text());
    const auto offset = lines.size() == 5 ? number_in(lines[4]) : std::nullopt;
    if (lines.size() != 5 || lines[0] != resume_mark || !offset)
      return Error(ErrorKind::malformed, "resume", "this is no resume data");
    if (lines[1] != request_.url.text())
      return Error(ErrorKind::invalid_argument, "resume", "the resume data is for another URL")
          .about(lines[1]);
    BOWLINE_TRY(file, FileSink::reopen(facts_->file, lines[3], *offset));
    resume_offset_ = *offset;
    resume_validator_ = lines[2];
  }
  intake_.set_file(std::move(file));
  if (intake_.target() == Intake::Target::memory) intake_.set_target(Intake::Target::file);
  return {};
}

/// The answer is there: does its body belong into the file, and where?
Result<void> TaskBody::continue_file() {
  FileSink& file = *intake_.file();
  if (response_.status == 206 && resume_offset_ > 0) {
    const auto begin = range_begin(response_.fields.find("content-range").value_or(""));
    if (begin != resume_offset_)
      return Error(ErrorKind::protocol_violation, "resume",
                   "the server sent another part than the one that was asked for");
    return {};
  }
  if (response_.status >= 200 && response_.status < 300 && response_.status != 206)
    return resume_offset_ > 0 ? file.restart() : Result<void>();
  // No success: its body is for the program to read, and the file in its place stays.
  if (resume_offset_ > 0) file.keep();
  static_cast<void>(intake_.take_file());
  intake_.set_target(Intake::Target::memory);
  return {};
}

/// Nothing, if the download cannot go on later.
ResumeData TaskBody::make_resume_data() {
  FileSink& file = *intake_.file();
  const bool was_resumed = resume_offset_ > 0 && response_.status == 206;
  std::string validator = has_answer_ ? strong_validator(response_.fields) : "";
  if (validator.empty() && was_resumed) validator = resume_validator_;
  if (!has_answer_ && resume_offset_ > 0) validator = resume_validator_;
  const bool takes_ranges =
      was_resumed || !has_answer_ || response_.fields.has_member("accept-ranges", "bytes");
  if (validator.empty() || !takes_ranges || file.octets() == 0 || request_.method != "GET" ||
      response_.fields.contains("content-encoding"))
    return {};
  file.keep();
  return ResumeData(std::string(resume_mark) + "\n" + facts_->url.text() + "\n" + validator + "\n" +
                    file.partial() + "\n" + std::to_string(file.octets()));
}

}  // namespace bowline::session
