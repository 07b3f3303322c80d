#include <bowline/certificate.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "cli/cert/actions.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

/// What was asked for, understood.
struct Wanted {
  CertificateRequest request{""};
  std::string out;
  std::optional<CertificateAndKey> issuer;
};

Result<Wanted> read_wanted(const Invocation& invocation);
Result<void> write_new_file(const std::string& path, const std::string& text, bool is_secret);

std::string list_of_flaws() {
  std::string text;
  for (const CertificateFlaw flaw : certificate_flaws())
    text += fit(to_string(flaw), 20) + std::string(meaning_of(flaw)) + "\n";
  return text;
}

void write_flaws(Json& json) {
  json.object([&] {
    json.list("flaws", certificate_flaws(), [&](CertificateFlaw flaw) {
      json.object([&] {
        json.field("flaw", to_string(flaw));
        json.field("meaning", meaning_of(flaw));
      });
    });
  });
}

bool is_usage(const Error& error) {
  return error.kind() == ErrorKind::invalid_argument && error.code() == 0;
}

}  // namespace

int make_certificates(const Invocation& invocation, Loop& loop) {
  const bool as_json = invocation.wants_json();
  const auto report = [&](const Error& error) -> int {
    return is_usage(error) ? report_usage(error, invocation.command(), as_json)
                           : report_failure(error, as_json);
  };
  if (invocation.arguments().size() == 1 && invocation.arguments()[0] == "wrong") {
    Json json;
    write_flaws(json);
    print(as_json ? json.text() + "\n" : list_of_flaws());
    return exit_ok;
  }
  const auto wanted = read_wanted(invocation);
  if (!wanted.has_value()) return report(wanted.error());
  const auto made =
      make_certificate(loop, wanted->request, wanted->issuer ? &*wanted->issuer : nullptr);
  if (!made.has_value()) return report(made.error());

  const std::string certificate = wanted->out + ".pem";
  const std::string key = made->private_key.empty() ? "" : wanted->out + ".key";
  // The key first: a certificate whose key is lost is of no use.
  if (!key.empty())
    if (const auto done = write_new_file(key, made->private_key, true); !done.has_value())
      return report_failure(done.error(), as_json);
  if (const auto done = write_new_file(certificate, made->certificates, false); !done.has_value()) {
    if (!key.empty()) ::unlink(key.c_str());
    return report_failure(done.error(), as_json);
  }
  if (as_json) {
    Json json;
    json.object([&] {
      json.field("certificate", certificate);
      json.field("key", key.empty() ? std::nullopt : std::optional(key));
    });
    print(json.text() + "\n");
  } else {
    print(safe(certificate) + "\n" + (key.empty() ? "" : safe(key) + "\n"));
  }
  return exit_ok;
}

namespace {

std::string_view without_ending(std::string_view name) {
  return name.ends_with(".pem") ? name.substr(0, name.size() - 4) : name;
}

Result<CertificateAndKey> read_issuer(const Invocation& invocation) {
  const auto name = invocation.value("ca");
  if (!name)
    return usage_error("--ca is missing: who vouches? Make a root first: bowline cert root ca");
  const std::string base(without_ending(*name));
  CertificateAndKey issuer;
  BOWLINE_TRY(issuer.certificates, read_small_file(base + ".pem"));
  BOWLINE_TRY(issuer.private_key, read_small_file(base + ".key"));
  return issuer;
}

Result<std::chrono::hours> read_days(const Invocation& invocation, int otherwise) {
  const auto text = invocation.value("days");
  if (!text) return std::chrono::hours(24 * otherwise);
  int days = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), days);
  if (failure != std::errc() || end != text->data() + text->size() || days < 1 || days > 36'500)
    return usage_error("--days: " + quoted(*text) + " is no number from 1 to 36500");
  return std::chrono::hours(24 * days);
}

/// A name as a file's: a wildcard's star and what else a shell or a folder would trip over become '_'.
std::string file_name(std::string_view name) {
  std::string file(name);
  for (char& c : file)
    if (c == '*' || c == '/' || c == ':' || c == '%' || static_cast<unsigned char>(c) <= ' ')
      c = '_';
  if (file.starts_with('.') || file.starts_with('-')) file.front() = '_';
  return file;
}

Result<void> check_options(const Invocation& invocation, bool is_wrong) {
  for (const std::string_view option : {"host", "pin"})
    if (invocation.value(option)) return usage_error("--" + std::string(option) + " is for show");
  for (const std::string_view option : {"no-system", "distribution-only"})
    if (invocation.has(option)) return usage_error("--" + std::string(option) + " is for show");
  if (invocation.has("client") && !is_wrong)
    return usage_error("--client is for show and wrong; for a client's own: bowline cert client");
  return {};
}

Result<Wanted> read_wanted(const Invocation& invocation) {
  const std::string_view action = invocation.arguments()[0];
  const bool is_root = action == "root";
  const bool is_wrong = action == "wrong";
  BOWLINE_TRY_VOID(check_options(invocation, is_wrong));
  auto rest = invocation.arguments().subspan(1);
  CertificateFlaw flaw = CertificateFlaw::none;
  if (is_wrong) {
    const auto read = parse_certificate_flaw(rest[0]);
    if (!read || *read == CertificateFlaw::none)
      return usage_error("there is no flaw " + quoted(rest[0]) + "; bowline cert wrong lists them");
    flaw = *read;
    rest = rest.subspan(1);
  }
  if (rest.empty())
    return usage_error(is_root              ? "NAME is missing"
                       : action == "client" ? "PERSON is missing"
                                            : "HOST is missing");
  if (rest.size() > 1 && (is_root || action == "client"))
    return usage_error(std::string(action) + " takes one name");

  Wanted wanted;
  wanted.request = CertificateRequest(std::string(rest[0]));
  BOWLINE_TRY(const std::chrono::hours validity, read_days(invocation, is_root ? 3650 : 90));
  wanted.request.valid_for(validity)
      .authority(is_root)
      .for_client(action == "client" || invocation.has("client"))
      .flaw(flaw);
  if (action == "server" || is_wrong)
    for (const std::string_view name : rest) wanted.request.name(std::string(name));
  wanted.out = invocation.value("out") ? std::string(without_ending(*invocation.value("out")))
                                       : file_name(rest[0]);
  if (!is_root || invocation.value("ca")) {
    BOWLINE_TRY(wanted.issuer, read_issuer(invocation));
  }
  return wanted;
}

/// Never over a file that is there. errors: as open(2) has them
Result<void> write_new_file(const std::string& path, const std::string& text, bool is_secret) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                          is_secret ? S_IRUSR | S_IWUSR : 0666);
  if (file < 0) return Error::from_errno(errno, "write").about(path);
  std::string_view rest = text;
  int failure = 0;
  while (!rest.empty() && failure == 0) {
    const ssize_t written = ::write(file, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  if (::close(file) != 0 && failure == 0) failure = errno;
  if (failure == 0) return {};
  ::unlink(path.c_str());
  return Error::from_errno(failure, "write").about(path);
}

}  // namespace

}  // namespace bowline::cli
