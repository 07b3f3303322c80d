#pragma once

#include <map>
#include <string>
#include <utility>

#include "ports/record_store.h"
#include "sim/host/stored_files.h"

namespace bowline::sim {

/// Records on a simulated host's disk: several programs on it may have the same store open.
class SimRecordStores final : public ports::RecordStores {
 public:
  explicit SimRecordStores(StoredFiles& disk) : disk_(disk) {}

  [[nodiscard]] Result<std::unique_ptr<ports::RecordStore>> open(std::string_view path,
                                                                 std::int64_t /*now*/) override {
    if (disk_.fault != StoreFault::none)
      return Error(ErrorKind::resources_exhausted, "open store", "the simulated disk is full")
          .about(std::string(path));
    return std::make_unique<Store>(disk_, disk_.records[std::string(path)]);
  }

 private:
  class Store final : public ports::RecordStore {
   public:
    Store(StoredFiles& disk, StoredFiles::Records& records) : disk_(disk), records_(records) {
      name_ = ++records_.writers;
    }
    [[nodiscard]] bool may_have_changed() override { return seen_ != records_.change; }
    [[nodiscard]] Result<std::vector<ports::StoredRecord>> changes(std::int64_t now) override {
      std::map<std::uint64_t, ports::StoredRecord> found;
      for (const auto& [key, row] : records_.rows) {
        if (row.change <= seen_ || (row.writer == name_ && has_read_)) continue;
        ports::StoredRecord record{key.first, key.second, row.value, row.expires};
        if (row.expires != 0 && row.expires <= now) record.value.reset();
        if (record.value || has_read_) found.emplace(row.change, std::move(record));
      }
      seen_ = records_.change;
      has_read_ = true;
      std::vector<ports::StoredRecord> all;
      for (auto& [change, record] : found) all.push_back(std::move(record));
      return all;
    }
    void put(ports::StoredRecord record) override {
      if (disk_.fault != StoreFault::none) {
        has_failed_ = true;
        return;
      }
      auto& row = records_.rows[{record.kind, record.key}];
      row = {std::move(record.value), record.expires, ++records_.change, name_};
    }
    void clear(std::string_view kind) override {
      for (auto& [key, row] : records_.rows)
        if (key.first == kind && row.value) row = {std::nullopt, 0, ++records_.change, name_};
    }
    [[nodiscard]] Result<void> flush() override {
      if (std::exchange(has_failed_, false))
        return Error(ErrorKind::resources_exhausted, "store", "the simulated disk is full");
      return {};
    }
    [[nodiscard]] const std::string& remark() const override { return remark_; }

   private:
    StoredFiles& disk_;
    StoredFiles::Records& records_;
    std::uint64_t name_;
    std::uint64_t seen_ = 0;
    bool has_read_ = false;
    bool has_failed_ = false;
    std::string remark_;
  };
  StoredFiles& disk_;
};

}  // namespace bowline::sim
