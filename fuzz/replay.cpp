// fuzz_replay PATH [TARGET]: runs a file, or every file below a folder, through every target or one.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#define BOWLINE_FUZZ_TARGET(name) int fuzz_##name(std::span<const std::byte> input);
#include "fuzz_targets.inc"
#undef BOWLINE_FUZZ_TARGET

namespace {

struct Target {
  std::string_view name;
  int (*run)(std::span<const std::byte>);
};
constexpr Target targets[] = {
#define BOWLINE_FUZZ_TARGET(name) {#name, fuzz_##name},
#include "fuzz_targets.inc"
#undef BOWLINE_FUZZ_TARGET
};

std::vector<std::filesystem::path> files_below(const std::filesystem::path& path) {
  if (std::filesystem::is_regular_file(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::span given(arguments, static_cast<std::size_t>(argument_count));
  if (given.size() < 2 || given.size() > 3) {
    std::cerr << "usage: fuzz_replay PATH [TARGET]\n";
    return 2;
  }
  std::size_t runs = 0;
  for (const std::filesystem::path& path : files_below(given[1])) {
    const std::string octets = contents(path);
    for (const Target& target : targets) {
      if (given.size() == 3 && target.name != given[2]) continue;
      // A target that fails ends the program: the last line says where.
      std::cout << target.name << ' ' << path.string() << std::endl;
      // Without slack, so that the sanitizers see a read behind the end.
      const std::vector<char> input(octets.begin(), octets.end());
      target.run(std::as_bytes(std::span(input)));
      ++runs;
    }
  }
  std::cout << runs << " runs\n";
  return runs > 0 ? 0 : 1;
}
