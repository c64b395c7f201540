/* Part of the program that spin makes of pool.pml with -DREPLAY: runs of the code, as muster-explore
 * has written them down (tests/model/recorder.hpp), are given to the search one after the other.
 *
 * Each run is searched in a process of its own, forked when the search is about to begin. A run is
 * accepted when some path of the model shows all of its events, in their order; else it is refused,
 * at the first event that no path comes past. MUSTER_REPLAY names the file of runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPLAY_TEXT 100

static char (*replay_lines)[REPLAY_TEXT]; /* of the run, as they stand in the file */
static int replay_count;
static int replay_furthest;
static char replay_name[2 * REPLAY_TEXT];

static void replay_die(const char *what, const char *line) {
  fprintf(stderr, "replay: %s: %s\n", what, line);
  exit(2);
}

static int replay_status(const char *name) {
  static const char *const names[] = {"free", "pending", "running", "done", "killing", "killed", "died"};
  for (int i = 0; i < 7; ++i) {
    if (strcmp(name, names[i]) == 0) return i;
  }
  return -1;
}

/* As EVENT, WORD and HINT of pool.pml. */
static int replay_event(int kind, int who, int a, int b) { return kind << 21 | who << 16 | a << 8 | b; }

static int replay_hint(int slot, int publication) { return publication << 2 | slot; }

/* What the line says in the model's numbers; -1: it is none of its lines. */
static int replay_parse(const char *line) {
  char who_name[16], what[16], status[16], end;
  int who, a, b, c, d, at = 0;
  if (sscanf(line, "client ends %d%c", &a, &end) == 1) return replay_event(20, 0, 0, a);
  if (sscanf(line, "%15s %n", who_name, &at) != 1) return -1;
  line += at;
  if (strcmp(who_name, "pump") == 0) {
    who = 0;
  } else if (strcmp(who_name, "supervisor") == 0) {
    who = 8;
  } else {
    if (sscanf(line, "%d %n", &who, &at) != 1) return -1;
    line += at;
    who += strcmp(who_name, "worker") == 0 ? 16 : 1;
  }
  if (strcmp(line, "dies") == 0) return replay_event(14, who, 0, 0);
  if (strcmp(line, "dies of a signal") == 0) return replay_event(14, who, 1, 0);
  if (strcmp(line, "leaves") == 0) return replay_event(16, who, 0, 0);
  if (strcmp(line, "asks for a kill") == 0) return replay_event(17, who, 0, 0);
  if (strcmp(line, "tells of a death in no task") == 0) return replay_event(18, who, 7, 0);
  if (strcmp(line, "tells that the pool is broken") == 0) return replay_event(19, who, 0, 0);
  if (sscanf(line, "tells of a death in %d %15s%c", &a, status, &end) == 2) {
    return replay_event(18, who, a, strcmp(status, "killed") == 0);
  }
  if (sscanf(line, "word %d %15s%n", &a, status, &at) == 2) {
    int word = replay_status(status);
    if (word < 0) return -1;
    b = c = 0;
    if (word == 2 || word == 4) {
      if (sscanf(line + at, " %d #%d%c", &b, &c, &end) != 2) return -1;
    } else if (word != 0 && sscanf(line + at, " #%d%c", &c, &end) != 1) {
      return -1;
    }
    return replay_event(1, who, a, word | b << 3 | c << 5);
  }
  if (sscanf(line, "cell %d %d #%d %d%c", &a, &b, &c, &d, &end) == 4) {
    return replay_event(2, who, a, replay_hint(b, c) << 1 | d);
  }
  if (sscanf(line, "park %d %15s%c", &a, status, &end) == 2) {
    const int state = strcmp(status, "parked") == 0 ? 1 : strcmp(status, "woken") == 0 ? 2 : 0;
    return replay_event(7, who, a, state);
  }
  if (sscanf(line, "reserved-hint %d %d %d #%d%c", &a, &b, &c, &d, &end) == 4) {
    return replay_event(11, who, a * 4 + b, replay_hint(c, d));
  }
  if (sscanf(line, "reserved-count %d %d%c", &a, &b, &end) == 2) return replay_event(9, who, a, b);
  if (sscanf(line, "reserved-begun %d %d%c", &a, &b, &end) == 2) return replay_event(10, who, a, b);
  if (sscanf(line, "%15s %d%c", what, &a, &end) != 2) return -1;
  if (strcmp(what, "tail") == 0) return replay_event(3, who, 0, a);
  if (strcmp(what, "head") == 0) return replay_event(4, who, 0, a);
  if (strcmp(what, "epoch") == 0) return replay_event(5, who, 0, a);
  if (strcmp(what, "closed") == 0) return replay_event(6, who, 0, a);
  if (strcmp(what, "sleepers") == 0) return replay_event(8, who, 0, a);
  if (strcmp(what, "sleeps") == 0) return replay_event(12, who, a, 0);
  if (strcmp(what, "wakes") == 0) return replay_event(13, who, a, 0);
  if (strcmp(what, "starts") == 0) return replay_event(15, who, a, 0);
  return -1;
}

/* At the end of a search that has not come to the end of the run. */
static void replay_refused(void) {
  fprintf(stderr, "refused: %s: event %d of %d: %s\n", replay_name, replay_furthest + 1, replay_count,
          replay_lines[replay_furthest]);
  fflush(NULL);
  _exit(1);
}

/* The model has shown so many events. */
static void replay_reached(int events) {
  if (events > replay_furthest) replay_furthest = events;
  if (events == replay_count) _exit(0); /* accepted; nothing is said of the search */
}

static int replay_is_reservation(int event) {
  const int kind = event >> 21;
  return kind >= 9 && kind <= 11;
}

/* The next run of the file; 0: there is none. */
static int replay_read(FILE *file, int *expected, int max, unsigned char *hides_reservations) {
  char line[REPLAY_TEXT * 100];
  int inside = 0;
  replay_count = 0;
  *hides_reservations = 0;
  memset(expected, 0, sizeof(*expected) * (size_t)max);
  while (fgets(line, sizeof(line), file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "run ", 4) == 0) {
      snprintf(replay_name, sizeof(replay_name), "%.*s", (int)sizeof(replay_name) - 1, line + 4);
      inside = 1;
    } else if (strcmp(line, "end") == 0) {
      int kept = 0;
      for (int i = 0; i < replay_count; ++i) {
        if (*hides_reservations && replay_is_reservation(expected[i])) continue;
        expected[kept] = expected[i];
        memmove(replay_lines[kept++], replay_lines[i], REPLAY_TEXT);
      }
      memset(expected + kept, 0, sizeof(*expected) * (size_t)(replay_count - kept));
      replay_count = kept;
      return 1;
    } else if (strcmp(line, "worker delays what it has reserved") == 0) {
      *hides_reservations = 1;
    } else if (inside && strncmp(line, "world ", 6) != 0) {
      if (replay_count + 1 >= max) replay_die("a run is too long", replay_name);
      expected[replay_count] = replay_parse(line);
      if (expected[replay_count] < 0) replay_die("not an event", line);
      snprintf(replay_lines[replay_count++], REPLAY_TEXT, "%.*s", REPLAY_TEXT - 1, line);
    }
  }
  if (inside) replay_die("a run without an end", replay_name);
  return 0;
}

/* Returns in a process of its own for each run. The first one counts them, and does not return. */
static void replay_begin(int *expected, int max, unsigned char *hides_reservations) {
  const char *path = getenv("MUSTER_REPLAY");
  FILE *file = path == NULL ? NULL : fopen(path, "r");
  int accepted = 0, refused = 0, events = 0;
  if (file == NULL) replay_die("cannot read the file that MUSTER_REPLAY names", path == NULL ? "" : path);
  replay_lines = malloc((size_t)max * REPLAY_TEXT);
  while (replay_read(file, expected, max, hides_reservations)) {
    int status = 0;
    pid_t child;
    fflush(NULL);
    replay_furthest = 0;
    child = fork();
    if (child < 0) replay_die("cannot fork", strerror(errno));
    if (child == 0) {
      atexit(replay_refused);
      return;
    }
    if (waitpid(child, &status, 0) != child) replay_die("cannot wait", strerror(errno));
    if (WIFSIGNALED(status)) replay_die("the search was killed", replay_name);
    if (WEXITSTATUS(status) == 0) {
      ++accepted;
      events += replay_count;
    } else {
      ++refused;
    }
  }
  printf("%d accepted with %d events, %d refused\n", accepted, events, refused);
  fflush(stdout);
  _exit(refused == 0 ? 0 : 1);
}
