/* What the tests need of the system, beyond the library under test.
 *
 * tests/posix and tests/win32 implement these functions; the build selects
 * one. Where a system cannot do a thing the function says so, and the case
 * skips: there is no platform conditional in a test. Handles are what
 * idem_fileno() returns.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Process ----------------------------------------------------------- */

/* A crash ends the process with a code other than 0, and no dialog. */
void support_begin(void);

/* End the process unless called again within `seconds`: `what` hangs. */
void support_watchdog(int seconds, const char *what);

/* Seconds of the monotonic clock. */
double support_now(void);

/* The number the system has for this process. */
long support_process_id(void);

/* Major version of the Wine this runs under; 0: it does not. */
int support_wine(void);

/* Sockets that the process has open. */
int support_sockets(void);

/* See to it that so many descriptors can be open at a time.
 * false: they cannot. */
bool support_allow_handles(int count);

/* From now on only `more` further descriptors can be opened.
 * false: this system has no such limit. */
bool support_limit_handles(int more);
void support_unlimit_handles(void);

/* Run in a child that is a copy of this process; its code in *status.
 * false: this system copies no processes. */
bool support_in_child(int (*run)(void *), void *arg, int *status);

/* This program once more, as "--child ROLE ARGUMENT", in a process of its own
 * with a pipe to its standard input. It gets the handles that are inheritable.
 * NULL: it cannot be started here (under an emulator). */
typedef struct support_child support_child;

support_child *support_spawn(const char *role, const char *argument);
long support_child_id(const support_child *c);
void support_child_write(support_child *c, const void *data, size_t size);

/* End its input, and wait for its code. */
int support_child_wait(support_child *c);

/* In the child: read exactly so much of the standard input. */
void support_read_input(void *data, size_t size);

/* ---- Libraries --------------------------------------------------------- */

/* Load a shared library, find a function in it, and unload it again. */
void *support_load(const char *path);
void support_find(void *library, const char *name, void *function);
void support_unload(void *library);

/* Whether it is still in the process. */
bool support_is_loaded(const char *path);

/* ---- Threads ----------------------------------------------------------- */

typedef struct support_thread support_thread;

support_thread *support_start(void (*run)(void *), void *arg);
void support_join(support_thread *t);
void support_yield(void);

/* How many threads the process has; 0: this system does not tell. */
int support_threads(void);

/* Between two looks at what another thread does this very moment. */
void support_relax(void);

/* Called in a thread of ours: the next thing it does is a call that waits. */
void support_about_to_block(void);

/* Wait until `t`, having announced it, sleeps inside the system: it is in the
 * call then. */
void support_until_blocked(support_thread *t);

/* Interrupt the calling thread every millisecond by a signal that restarts
 * nothing. false: this system has no signals. */
bool support_storm_begin(void);

/* End it; returns how many signals arrived. */
long support_storm_end(void);

/* ---- Handles ----------------------------------------------------------- */

/* A socket made the plain way: blocking, inherited by children. */
intptr_t support_native_socket(bool stream);

/* Of a type that the library does not open; -1: not to be had here. */
intptr_t support_odd_socket(void);

/* For datagrams, with a number above what select() can take; -1: there is no
 * such number here, or it is not allowed. */
intptr_t support_high_socket(void);

/* Open, and not sockets. */
intptr_t support_file(void);
intptr_t support_not_a_file(void);

void support_close_socket(intptr_t handle);
void support_close_other(intptr_t handle);

bool support_inheritable(intptr_t handle);

/* The port that a handle is bound to, whoever made it; 0: it is no socket. */
int support_port_at(intptr_t handle);

/* A port that somebody in this process listens on over IPv4; 0: none. Any
 * thread may ask, whatever others open and close meanwhile. */
int support_listening_port(void);

/* 1 blocking, 0 not, -1 this system cannot tell. */
int support_blocking(intptr_t handle);

/* Whether this system tells of a handle that a connect is under way. */
bool support_tells_connecting(void);

/* Whether sending or receiving on it ends by itself after a time. */
bool support_has_time_limit(intptr_t handle);

/* What is sent on it cannot be cut by the system any more. false: nothing is
 * cut here anyway. */
bool support_refuse_offload(intptr_t handle);

/* Closing it will reset the connection. */
void support_reset_on_close(intptr_t handle);

/* ---- Files ------------------------------------------------------------- */

/* A new file, gone when it is closed; to write to, and to read from as well or
 * not. */
intptr_t support_new_file(bool readable);

/* Bytes that were not written before the place are no room on the disk. */
void support_write_at(intptr_t file, uint64_t offset, const void *data,
                      size_t size);
void support_truncate(intptr_t file, uint64_t size);

/* ends[0] to read from, ends[1] to write to. */
void support_pipe(intptr_t ends[2]);
void support_write(intptr_t pipe_end, const void *data, size_t size);

/* Whether the signal of a broken pipe is as it was at first: neither blocked
 * nor pending in this thread. True where there is none. */
bool support_pipe_signal_is_clean(void);

#endif /* SUPPORT_H */
