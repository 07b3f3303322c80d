#include "session/body/upload.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/bytes.h"
#include "core/http/rules/multipart.h"

namespace bowline::session {

namespace {

class MemoryUpload final : public Upload {
 public:
  MemoryUpload(Buffer bytes, std::string content_type) : bytes_(std::move(bytes)) {
    content_type_ = std::move(content_type);
  }
  [[nodiscard]] std::optional<std::uint64_t> octets() const override { return bytes_.size(); }
  [[nodiscard]] std::optional<Buffer> whole() const override { return bytes_; }
  Result<std::optional<Buffer>> read(std::uint64_t offset, std::size_t octets_max) override {
    return std::optional(bytes_.slice(std::min<std::uint64_t>(offset, bytes_.size()), octets_max));
  }

 private:
  Buffer bytes_;
};

/// A file that is open, with what it was when it was opened.
class UploadFile {
 public:
  UploadFile(const UploadFile&) = delete;
  UploadFile& operator=(const UploadFile&) = delete;
  ~UploadFile() { ::close(descriptor_); }

  [[nodiscard]] static Result<std::unique_ptr<UploadFile>> open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return Error::from_errno(errno, "open").about(path);
    auto file = std::unique_ptr<UploadFile>(new UploadFile(descriptor, path));
    if (::fstat(descriptor, &file->was_) != 0) return Error::from_errno(errno, "stat").about(path);
    if (!S_ISREG(file->was_.st_mode))
      return Error(ErrorKind::invalid_argument, "upload", "this is no file").about(path);
    return file;
  }
  [[nodiscard]] std::uint64_t octets() const { return static_cast<std::uint64_t>(was_.st_size); }
  Result<Buffer> read(std::uint64_t offset, std::size_t octets_max) const {
    struct stat is{};
    if (::fstat(descriptor_, &is) != 0) return Error::from_errno(errno, "stat").about(path_);
    if (is.st_size != was_.st_size || is.st_mtim.tv_sec != was_.st_mtim.tv_sec ||
        is.st_mtim.tv_nsec != was_.st_mtim.tv_nsec)
      return Error(ErrorKind::closed, "upload", "the file was changed while it was sent")
          .about(path_);
    const std::uint64_t left = offset < octets() ? octets() - offset : 0;
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(left, octets_max)), '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
      const ssize_t count = ::pread(descriptor_, bytes.data() + have, bytes.size() - have,
                                    static_cast<off_t>(offset + have));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return Error::from_errno(errno, "read").about(path_);
      if (count == 0)
        return Error(ErrorKind::closed, "upload", "the file became shorter").about(path_);
      have += static_cast<std::size_t>(count);
    }
    return Buffer::own(std::move(bytes));
  }

 private:
  UploadFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_;
  std::string path_;
  struct stat was_{};
};

class FileUpload final : public Upload {
 public:
  FileUpload(std::unique_ptr<UploadFile> file, std::string content_type) : file_(std::move(file)) {
    content_type_ = std::move(content_type);
  }
  [[nodiscard]] std::optional<std::uint64_t> octets() const override { return file_->octets(); }
  Result<std::optional<Buffer>> read(std::uint64_t offset, std::size_t octets_max) override {
    BOWLINE_TRY(Buffer piece, file_->read(offset, octets_max));
    return std::optional(std::move(piece));
  }

 private:
  std::unique_ptr<UploadFile> file_;
};

class CallbackUpload final : public Upload {
 public:
  CallbackUpload(const CallbackBody& body, std::string content_type)
      : source_(body.source), octets_(body.octets) {
    content_type_ = std::move(content_type);
  }
  [[nodiscard]] std::optional<std::uint64_t> octets() const override { return octets_; }
  Result<std::optional<Buffer>> read(std::uint64_t /*offset*/,
                                     std::size_t /*octets_max*/) override {
    return std::optional<Buffer>();
  }
  void read_later(std::uint64_t offset, std::size_t octets_max, UrlBodyAnswer answer) override {
    const std::shared_ptr<UrlBodySource> source = source_;
    (*source)(offset, octets_max, std::move(answer));
  }

 private:
  std::shared_ptr<UrlBodySource> source_;
  std::optional<std::uint64_t> octets_;
};

/// The parts of a form, one behind the other.
class FormUpload final : public Upload {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Upload>> make(const FormBody& form,
                                                            const std::string& boundary) {
    auto upload = std::unique_ptr<FormUpload>(new FormUpload);
    std::vector<core::FormPart> parts;
    std::vector<std::unique_ptr<UploadFile>> files;
    for (const FormField& field : form.fields) {
      core::FormPart part{field.name(), {}, field.content_type(), field.value().size()};
      std::unique_ptr<UploadFile> file;
      if (!field.path().empty()) {
        BOWLINE_TRY(file, UploadFile::open(field.path()));
        part.file_name = field.path().substr(field.path().rfind('/') + 1);
        part.content_octets = file->octets();
      }
      files.push_back(std::move(file));
      parts.push_back(std::move(part));
    }
    BOWLINE_TRY(core::MultipartFrame frame, core::frame_multipart(parts, boundary));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      upload->add(std::move(frame.heads[i]), nullptr);
      upload->add(form.fields[i].value(), std::move(files[i]));
    }
    upload->add(std::move(frame.tail), nullptr);
    upload->content_type_ = std::move(frame.content_type);
    return std::unique_ptr<Upload>(std::move(upload));
  }
  [[nodiscard]] std::optional<std::uint64_t> octets() const override { return octets_; }
  Result<std::optional<Buffer>> read(std::uint64_t offset, std::size_t octets_max) override {
    for (const Piece& piece : pieces_) {
      if (offset >= piece.begin + piece.octets) continue;
      const std::uint64_t inside = offset - piece.begin;
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(octets_max, piece.octets - inside));
      if (piece.file == nullptr)
        return std::optional(Buffer::copy_of(as_bytes(
            std::string_view(piece.text).substr(static_cast<std::size_t>(inside), count))));
      BOWLINE_TRY(Buffer bytes, piece.file->read(inside, count));
      return std::optional(std::move(bytes));
    }
    return std::optional(Buffer());
  }

 private:
  struct Piece {
    std::uint64_t begin;
    std::uint64_t octets;
    std::string text;
    std::unique_ptr<UploadFile> file;
  };
  void add(std::string text, std::unique_ptr<UploadFile> file) {
    const std::uint64_t size = file ? file->octets() : text.size();
    pieces_.push_back({octets_, size, std::move(text), std::move(file)});
    octets_ += size;
  }
  std::vector<Piece> pieces_;
  std::uint64_t octets_ = 0;
};

}  // namespace

Result<std::unique_ptr<Upload>> make_upload(const RequestFacts& facts,
                                            const std::string& boundary) {
  if (const auto* memory = std::get_if<MemoryBody>(&facts.body))
    return std::unique_ptr<Upload>(
        std::make_unique<MemoryUpload>(memory->bytes, facts.content_type));
  if (const auto* file = std::get_if<FileBody>(&facts.body)) {
    BOWLINE_TRY(auto opened, UploadFile::open(file->path));
    return std::unique_ptr<Upload>(
        std::make_unique<FileUpload>(std::move(opened), facts.content_type));
  }
  if (const auto* callback = std::get_if<CallbackBody>(&facts.body))
    return std::unique_ptr<Upload>(std::make_unique<CallbackUpload>(*callback, facts.content_type));
  if (const auto* form = std::get_if<FormBody>(&facts.body))
    return FormUpload::make(*form, boundary);
  return std::unique_ptr<Upload>();
}

}  // namespace bowline::session
