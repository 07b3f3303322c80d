#include "cli/output/output.h"

#include <cerrno>
#include <cstdio>

#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

int lost_errno = 0;  // why standard output is not whole

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && lost_errno == 0)
    lost_errno = errno;
}

void note(std::string_view line) {
  const std::string whole = "bowline: " + std::string(line) + "\n";
  std::fwrite(whole.data(), 1, whole.size(), stderr);
}

void write_error(Json& json, const Error& error) {
  json.object([&] {
    json.field("kind", to_string(error.kind()));
    json.field("domain", to_string(error.domain()));
    json.field("code", error.code());
    json.field("message", describe(error));
    json.list("attempts", error.attempts(),
              [&](const Error& attempt) { write_error(json, attempt); });
  });
}

std::string describe(const Error& error) {
  if (error.kind() != ErrorKind::invalid_argument || error.code() != 0) return to_string(error);
  // A sentence of ours about what was written: the kind and the operation add nothing.
  return (error.subject().empty() ? "" : quoted(error.subject()) + ": ") +
         safe(error.message(), 400);
}

std::string explain(const Error& error, std::string_view advice) {
  std::string text = describe(error) + "\n";
  for (const Error& attempt : error.attempts()) text += "  tried  " + describe(attempt) + "\n";
  // A deadline hides why nothing had worked until then.
  const bool late = error.kind() == ErrorKind::timed_out && !error.attempts().empty();
  if (advice.empty()) advice = advice_for(late ? error.attempts().back() : error);
  if (!advice.empty()) text += "  try    " + std::string(advice) + "\n";
  return text;
}

Exit report_failure(const Error& error, bool as_json, std::string_view advice) {
  if (as_json) {
    Json json;
    json.object([&] {
      json.name("error");
      write_error(json, error);
    });
    print(json.text() + "\n");
  } else {
    std::string text = explain(error, advice);
    text.pop_back();
    note(text);
  }
  return exit_for(error);
}

Exit report_usage(const Error& error, const Command* command, bool as_json) {
  const Exit status = report_failure(error, as_json);
  if (!as_json) {
    const std::string where = command == nullptr ? "" : std::string(command->name) + " ";
    const std::string line = "  try    bowline " + where + "--help\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
  return status;
}

Exit report_choice_failure(const Error& error, const Command* command, bool as_json) {
  const bool is_usage = error.kind() == ErrorKind::invalid_argument && error.code() == 0;
  return is_usage ? report_usage(error, command, as_json) : report_failure(error, as_json);
}

int finish_output(int status) {
  if (std::fflush(stdout) != 0 && lost_errno == 0) lost_errno = errno;
  if (lost_errno == 0 || lost_errno == EPIPE) return status;
  note(describe(Error::from_errno(lost_errno, "write standard output")));
  return status == exit_ok ? exit_connect : status;
}

}  // namespace bowline::cli
