#pragma once

#include <string>
#include <vector>

namespace prove {

// An empty /tmp and an empty /dev/shm for a program, so that whatever it and its descendants leave
// there is seen, and nothing of others. Where a mount namespace is not permitted the program gets
// an empty TMPDIR alone, and the two folders are searched for names that hold a given word.
class OwnFolders {
 public:
  // `program`: whether this one can still be run then is tried, too.
  explicit OwnFolders(const char* program);
  ~OwnFolders();
  OwnFolders(const OwnFolders&) = delete;
  OwnFolders& operator=(const OwnFolders&) = delete;

  bool whole() const { return whole_; }
  // In the child, before it becomes the program. False, with errno: it cannot be.
  bool enter() const;
  // What is in them, by path.
  std::vector<std::string> left(const std::string& word) const;
  // So that the next look is about the next program.
  void clear() const;

 private:
  bool try_program(const char* program) const;

  std::string base_;
  std::string tmp_;
  std::string shm_;
  bool whole_ = false;
};

}  // namespace prove
