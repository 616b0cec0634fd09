/* What the fake driver answers: lines "name=value" of the file that ZIMU_TEST_FAKE_GPU names. It is read at every call, so
 * that a test can take the GPU away while a server runs. "hang" and "crash" name the call that does so. */
#ifndef ZIMU_FAKE_STATE_H
#define ZIMU_FAKE_STATE_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fake_text(const char *name, char *value, size_t size) {
  const char *path = getenv("ZIMU_TEST_FAKE_GPU");
  FILE *file = path != NULL ? fopen(path, "r") : NULL;
  char line[512];
  int found = 0;
  if (file == NULL) return 0;
  while (!found && fgets(line, sizeof line, file) != NULL) {
    size_t length = strlen(name);
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, name, length) != 0 || line[length] != '=') continue;
    snprintf(value, size, "%s", line + length + 1);
    found = 1;
  }
  fclose(file);
  return found;
}

static long long fake_number(const char *name, long long otherwise) {
  char value[64];
  return fake_text(name, value, sizeof value) ? atoll(value) : otherwise;
}

/* Every call of the fakes begins here. */
static void fake_enter(const char *call) {
  char value[64];
  if (fake_text("hang", value, sizeof value) && strcmp(value, call) == 0) {
    signal(SIGTERM, SIG_IGN); /* as a process that hangs in a driver */
    for (;;) pause();
  }
  if (fake_text("crash", value, sizeof value) && strcmp(value, call) == 0) {
    volatile int *nowhere = NULL;
    *nowhere = 1;
  }
  if (fake_text("exit", value, sizeof value) && strcmp(value, call) == 0) _exit(3);
}

#endif
