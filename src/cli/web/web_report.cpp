#include "cli/web/web_report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/output/terminal.h"

namespace bowline::cli {

namespace {

std::string text_of_ms(Duration time) {
  std::array<char, 32> text{};
  const double ms = std::chrono::duration<double, std::milli>(time).count();
  std::snprintf(text.data(), text.size(), "%.1f ms", ms);
  return text.data();
}

void write_transaction(Json& json, const UrlTransaction& transaction) {
  json.object([&] {
    json.field("method", transaction.method());
    json.field("url", transaction.url());
    json.field("status", transaction.status());
    json.field("source", to_string(transaction.source()));
    json.field("protocol", transaction.protocol());
    json.field("connection", transaction.connection());
    json.field("reused", transaction.is_reused());
    json.field("not_reused_because", transaction.not_reused_because());
    json.name("remote");
    if (transaction.remote()) {
      json.value(to_string(*transaction.remote()));
    } else {
      json.value(nullptr);
    }
    json.field("proxy", transaction.proxy());
    json.field("tls_version", transaction.tls_version());
    json.field("started_ms", transaction.started());
    json.field("duration_ms", transaction.duration());
    json.name("phases");
    json.object([&] {
      constexpr std::array all{UrlPhase::waiting,  UrlPhase::naming,  UrlPhase::connecting,
                               UrlPhase::securing, UrlPhase::sending, UrlPhase::thinking,
                               UrlPhase::receiving};
      for (const UrlPhase phase : all) {
        const std::string name = to_string(phase) + "_ms";
        json.field(name, transaction.time_in(phase));
      }
    });
    json.field("head_sent", transaction.head_sent());
    json.field("body_sent", transaction.body_sent());
    json.field("head_received", transaction.head_received());
    json.field("body_received", transaction.body_received());
  });
}

}  // namespace

std::string octets_text(std::uint64_t octets) {
  constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
  auto number = static_cast<double>(octets);
  std::size_t unit = 0;
  while (number >= 1000 && unit + 1 < units.size()) {
    number /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f" : "%.1f", number);
  return std::string(text.data()) + " " + std::string(units.at(unit));
}

std::string describe_metrics(const UrlMetrics& metrics) {
  std::string text;
  for (const UrlTransaction& each : metrics.transactions()) {
    text += "* " + safe(to_string(each), 2048) + "\n";
    if (each.remote())
      text += "    " + to_string(*each.remote()) +
              (each.proxy().empty() ? "" : ", through " + safe(each.proxy())) +
              (each.tls_version().empty() ? "" : ", TLS " + safe(each.tls_version())) + "\n";
    for (const auto& [phase, time] : each.phases()) {
      // One mark for each fiftieth of the whole.
      const auto share =
          each.duration().count() == 0 ? 0 : time.count() * 50 / each.duration().count();
      text += "    " + fit(to_string(phase), 12) + fit(text_of_ms(time), 14) +
              std::string(static_cast<std::size_t>(std::max<std::int64_t>(share, 1)), '=') + "\n";
    }
  }
  return text + "* total " + text_of_ms(metrics.total()) + "\n";
}

std::string describe_head(const UrlResponse& response) {
  std::string text = response.version() + " " + std::to_string(response.status()) + " " +
                     safe(response.reason()) + "\n";
  for (const HttpField field : response.fields())
    text += safe(field.name, 1024) + ": " + safe(field.value, 8192) + "\n";
  return text;
}

void write_response(Json& json, std::string_view url, const UrlResponse* response,
                    const std::optional<Error>& error, const UrlMetrics& metrics) {
  json.object([&] {
    json.field("url", url);
    json.name("error");
    if (error) {
      write_error(json, *error);
    } else {
      json.value(nullptr);
    }
    if (response != nullptr) {
      json.field("final_url", response->url().text());
      json.field("status", response->status());
      json.field("version", response->version());
      std::vector<HttpField> fields(response->fields().begin(), response->fields().end());
      json.list("fields", fields, [&](const HttpField& field) {
        json.object([&] {
          json.field("name", field.name);
          json.field("value", field.value);
        });
      });
      json.field("body_octets", response->body_octets());
      json.field("file", response->file());
    }
    json.field("total_ms", metrics.total());
    json.list("transactions", metrics.transactions(),
              [&](const UrlTransaction& each) { write_transaction(json, each); });
  });
}

}  // namespace bowline::cli
