/* What the files of the Windows backend share. */
#ifndef IDEM_WIN32_H
#define IDEM_WIN32_H

#include "../os.h"

/* The one place with these headers, in the one order that works. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

typedef USHORT sa_family_t;

/* Of afunix.h, which the headers of Wine lack. */
struct sockaddr_un {
    ADDRESS_FAMILY sun_family;
    char sun_path[108];
};

#define BSD_ABSTRACT_NAMES 0 /* announced, and refused by connect */

#include "../bsd_flags.h"
#include "../bsd_sockaddr.h"

#ifndef UDP_SEND_MSG_SIZE /* missing in older headers */
#define UDP_SEND_MSG_SIZE 2
#endif
#ifndef UDP_RECV_MAX_COALESCED_SIZE
#define UDP_RECV_MAX_COALESCED_SIZE 3
#endif

/* ---- Control data: see bsd_control.h ----------------------------------- */

typedef WSACMSGHDR bsd_cmsghdr;
typedef DWORD bsd_segment;

/* The system's own mix signs. */
#define WIN32_ALIGNED(size)                                                    \
    (((size) + sizeof(SIZE_T) - 1) / sizeof(SIZE_T) * sizeof(SIZE_T))
#define BSD_CMSG_LEN(size) (WIN32_ALIGNED(sizeof(WSACMSGHDR)) + (size))
#define BSD_CMSG_SPACE(size)                                                   \
    (WIN32_ALIGNED(sizeof(WSACMSGHDR)) + WIN32_ALIGNED(size))
#define BSD_CMSG_DATA(h) WSA_CMSG_DATA(h)
#define BSD_SEGMENT_TYPE UDP_SEND_MSG_SIZE
#define BSD_COALESCED_TYPE UDP_RECV_MAX_COALESCED_SIZE

static inline void bsd_set_source(struct in_pktinfo *info, const uint8_t *ip)
{
    memcpy(&info->ipi_addr, ip, 4);
}

/* ---- The rest ---------------------------------------------------------- */

/* The neutral code of a Winsock or Win32 code. */
idem_error idem_win32_fail(DWORD native);

/* The same for a socket call that returned SOCKET_ERROR. */
static inline idem_error idem_win32_result(int result)
{
    return result == SOCKET_ERROR ? idem_win32_fail((DWORD)WSAGetLastError())
                                  : IDEM_OK;
}

/* A second handle by what Winsock told of the first one. */
idem_error idem_win32_open_shared(WSAPROTOCOL_INFOW *info, SOCKET *out);

/* Start Winsock, once for the process. */
idem_error idem_win32_start(void);

/* An overlapped operation that another thread may have to end, listed while it
 * lasts. */
typedef struct idem_win32_wait {
    struct idem_win32_wait *next;
    const idem_os_pollfd *entries;
    size_t count;
    OVERLAPPED overlapped;
    HANDLE wake;
} idem_win32_wait;

/* Begin to wait, for an operation to be started on w->overlapped. NULL: out of
 * memory or handles. End it once the operation is no more. */
idem_win32_wait *idem_win32_begin_wait(const idem_os_pollfd *entries,
                                       size_t count);
void idem_win32_end_wait(idem_win32_wait *w);

/* Wait until the operation that was started on h has ended, or withdraw it
 * when time is up or somebody wakes us. The caller fetches the result, which
 * may take a moment to arrive: what was done first is never lost. */
void idem_win32_await(idem_win32_wait *w, HANDLE h, idem_deadline *d);

/* The same for an operation of Winsock: its code, 0 for success,
 * WSA_OPERATION_ABORTED when it was withdrawn. */
DWORD idem_win32_finish(idem_win32_wait *w, SOCKET s, idem_deadline *d,
                        DWORD *bytes);

/* The bytes that one attempt on a stream or a file moves at most: the system
 * locks their memory, which it has not without end, and does not tell how many
 * went when it is withdrawn. */
#define WIN32_MOST (1 << 20)

/* Receive by an overlapped call, which is the cheapest wait there is.
 * WSAEWOULDBLOCK: it cannot wait that way, or was woken. pre: cap is WIN32_MOST
 * at most. */
DWORD idem_win32_recv_patiently(idem_os_socket *s, void *buf, int cap,
                                idem_deadline *d, DWORD *got);

/* The neutral code of a stream's failure, and of a datagram's; IDEM_EINTR when
 * it concerns nobody. */
idem_error idem_win32_stream_fail(DWORD code);
idem_error idem_win32_datagram_fail(const idem_os_socket *s, DWORD code);

/* A function of Winsock that has to be asked for, into a pointer to it; what
 * was found is remembered in *known. */
idem_error idem_win32_find(SOCKET s, GUID id, atomic_uintptr_t *known,
                           void *out);

/* End the waits for the events, now and later. */
void idem_win32_wake(idem_os_socket *s, unsigned events);

/* Whether a stream is known to be reset, told or not. */
bool idem_win32_is_reset(idem_os_socket *s);

/* A timeout in milliseconds: rounded up, never early. */
DWORD idem_win32_milliseconds(int64_t timeout_ns);

/* ---- AFD: the driver beneath Winsock ----------------------------------- */

/* Undocumented, but what select itself is made of, and stable since Windows
 * Vista: the only call that waits for any number of sockets, reports a failed
 * connect, and can be withdrawn. The answer comes in the place of the
 * question, and lists the sockets that are ready. */
#define WIN32_IOCTL_AFD_POLL 0x00012024

typedef struct idem_win32_afd_entry {
    HANDLE handle;
    ULONG events;
    LONG status;
} idem_win32_afd_entry;

typedef struct idem_win32_afd_poll {
    LARGE_INTEGER timeout;
    ULONG count;
    ULONG exclusive;
    idem_win32_afd_entry entries[1];
} idem_win32_afd_poll;

/* Open the driver, to send polls to. Returns a code, 0 for success. */
DWORD idem_win32_open_afd(HANDLE *out);

/* The socket beneath layered providers: AFD knows no other. */
HANDLE idem_win32_base_handle(idem_os_socket *s);

ULONG idem_win32_native_events(const idem_os_socket *s, unsigned events);
unsigned idem_win32_neutral_events(ULONG native);

/* ---- Selectors --------------------------------------------------------- */

/* A poll of AFD that ends in the port of a selector. The system writes into it
 * until then, maybe when nobody watches any more. */
typedef struct idem_win32_poll {
    OVERLAPPED overlapped; /* first: what the port gives back */
    struct idem_win32_poll *next;
    struct idem_win32_group *group; /* with whom it shares a handle of AFD */
    bool under_way;
    bool shared; /* by many sockets */
} idem_win32_poll;

/* What selectors of every kind begin with. */
struct idem_os_selector {
    SRWLOCK lock;
    HANDLE port; /* a completion port, where the thread that selects waits */
    struct idem_win32_group *groups;
    size_t under_way; /* polls */
};

/* For the rest, locked. Allocate a poll, with which so many bytes begin; a code
 * of ours. */
idem_error idem_win32_poll_open(idem_os_selector *sel, size_t size,
                                idem_win32_poll **out);
/* pre: not under way. */
void idem_win32_poll_close(idem_win32_poll *p);

/* Ask for the entries of data, which becomes the answer. Returns a code, 0 for
 * success: then it ends sooner or later, in the port. */
DWORD idem_win32_poll_begin(idem_os_selector *sel, idem_win32_poll *p,
                            idem_win32_afd_poll *data, size_t count);

/* Let one that could not be begun end at once, in its turn. The question is
 * left in the answer's place. False: there is no memory for that. */
bool idem_win32_poll_fail(idem_os_selector *sel, idem_win32_poll *p);

/* Let it end, which may take a moment: what it has found first counts. */
void idem_win32_poll_withdraw(idem_win32_poll *p);

/* The poll that has ended; NULL: none, somebody wakes the one who waits. */
idem_win32_poll *idem_win32_poll_end(idem_os_selector *sel,
                                     const OVERLAPPED_ENTRY *e);

/* How many sockets it has found. */
ULONG idem_win32_poll_found(const idem_win32_poll *p,
                            const idem_win32_afd_poll *data);

/* Whether it failed, and was not just withdrawn. */
bool idem_win32_poll_is_broken(const idem_win32_poll *p);

/* pre: no poll is under way. */
void idem_win32_groups_close(idem_os_selector *sel);

#endif /* IDEM_WIN32_H */
