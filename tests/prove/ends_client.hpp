#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/common/file_descriptor.hpp"
#include "prove/own_folders.hpp"
#include "prove/pidfd.hpp"

namespace prove {

// A client that runs, in a session of its own: whatever descends from it is of that session, too,
// whoever its parent has become. REQUIRES: this process is the subreaper of its descendants, and
// has no other children.
class EndsClient {
 public:
  EndsClient(const OwnFolders& folders, std::uint64_t seed, std::uint64_t round,
             const std::string& pool);
  // Kills all of its session that is left.
  ~EndsClient();
  EndsClient(const EndsClient&) = delete;
  EndsClient& operator=(const EndsClient&) = delete;

  const Pidfd& process() const { return process_; }
  // Waits for its next word; nothing where it ended, or the time did.
  std::optional<char> hear(std::int64_t deadline_ns) const;
  void tell(char word) const;

  // Waits until it, and all that it forked and that is no other program, has closed its files.
  bool all_leave(std::int64_t deadline_ns) const;
  // Waits for the end of all that descends from it, and reaps.
  bool all_end(std::int64_t deadline_ns);

  // Of its session, zombies among them.
  struct Member {
    pid_t pid = 0;
    pid_t group = 0;
    char state = '?';
    std::string command;
  };
  std::vector<Member> members() const;

  // How it ended, as waitpid() says; nothing before all_end() has seen it.
  std::optional<int> status() const { return status_; }
  // What it and its workers wrote to standard output and error.
  std::string output() const;

 private:
  bool reap();

  muster::detail::FileDescriptor output_;
  muster::detail::FileDescriptor talk_;
  muster::detail::FileDescriptor life_;
  Pidfd process_;
  std::optional<int> status_;
};

}  // namespace prove
