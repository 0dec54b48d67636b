/*
 * What the core asks of whoever runs it: events, timers, threads, the log and the zone's mutex, as plain C. The other
 * direction is gatehouse.h.
 */

#ifndef GATEHOUSE_HOST_H
#define GATEHOUSE_HOST_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GH_READ = 1, GH_WRITE = 2 };                                           /* events of a descriptor */
enum { GH_LOG_ERROR, GH_LOG_WARN, GH_LOG_NOTICE, GH_LOG_INFO, GH_LOG_DEBUG }; /* severities */
enum { GH_POOL_HASH, GH_POOL_IO }; /* thread pools gatehouse_hash, gatehouse_io */

typedef struct {
  void *self; /* given back as the first argument */

  /* Watches a descriptor, level-triggered. Nothing is awaited until watch_events() says so. NULL: no room; log has it.
   * `ready` may unwatch its own watch. unwatch() forgets a descriptor that is about to be closed or has just been; it
   * does not close it. */
  void *(*watch)(void *self, int fd, void (*ready)(void *arg, unsigned events), void *arg);
  int (*watch_events)(void *self, void *watch, unsigned events); /* -1: failed */
  void (*unwatch)(void *self, void *watch);

  /* One shot. A background timer does not keep a quitting worker alive; any other does. Freed when fired or cancelled.
   */
  void *(*timer)(void *self, unsigned milliseconds, int background, void (*fire)(void *arg), void *arg);
  void (*cancel_timer)(void *self, void *timer);

  /* Is this worker to quit, and only ends what it has begun? Another has the settings of today. */
  int (*is_quitting)(void *self);

  /* Calls gh_worker_run() soon, from the event loop, never from inside this call. */
  void (*wake)(void *self);

  /* Runs `work` on a thread of the pool, then `done` on the event loop. -1: the pool's queue is full, nothing is
   * called. */
  int (*submit)(void *self, int pool, void (*work)(void *arg), void (*done)(void *arg), void *arg);

  void (*log)(void *self, int severity, const char *text, size_t len);

  /* The mutex of the shared zone: short, never held across a call to the host. */
  void (*lock_zone)(void *self);
  void (*unlock_zone)(void *self);
} gh_host;

#ifdef __cplusplus
}
#endif

#endif
