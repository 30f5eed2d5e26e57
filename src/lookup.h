/* Questions to the name service, which may take its time: see lookup.c. */
#ifndef IDEM_LOOKUP_H
#define IDEM_LOOKUP_H

#include "socket.h"

typedef enum idem_ask {
    IDEM_ASK_ADDRESSES, /* of the host `text` */
    IDEM_ASK_PORT,      /* of the service `text` */
    IDEM_ASK_NAME,      /* of the host at `address` */
    IDEM_ASK_SERVICE    /* at the port of `address` */
} idem_ask;

typedef struct idem_question {
    idem_ask ask;
    const char *text; /* shorter than IDEM_OS_NAME */
    int family;       /* IDEM_AF_UNSPEC: any */
    int type;         /* of the service */
    bool local;       /* see idem_os_name() */
    idem_address address;
} idem_question;

typedef struct idem_answer {
    idem_address *list; /* for free() */
    size_t count;
    uint16_t port;
    char name[IDEM_OS_NAME]; /* what was asked for, or the canonical one */
} idem_answer;

/* Ask, and wait for the answer as long as d and c (may be NULL) allow. On
 * failure there is nothing in *a to free. */
idem_error idem_look_up(const idem_question *q, idem_deadline *d,
                        idem_canceller *c, idem_answer *a);

/* What a lookup says of a timeout: 0 is the default one. */
idem_error idem_lookup_timeout(const idem_lookup *how, int64_t *ns);

/* The addresses of a host, one family's or all, each once; at least one on
 * success. *list is for free(). The host is as idem_getaddrinfo() has it. */
idem_error idem_find_addresses(const char *host, int family, idem_deadline *d,
                               idem_canceller *c, idem_address **list,
                               size_t *count);

/* ---- Hosts by their looks: see hostname.c ------------------------------ */

/* Read a numeric address, the scope also as the name of an interface. The empty
 * host and "<broadcast>" are for those who make an address, and none here. */
bool idem_read_number(const char *host, idem_address *a);

/* Whether host may be a name that the name service knows. IDEM_HOST_NOT_FOUND:
 * it cannot; IDEM_EINVAL: it is not UTF-8. */
idem_error idem_check_name(const char *host);

/* Whether host means this machine: RFC 6761, section 6.3. */
bool idem_is_localhost(const char *host);

/* ---- Texts: see nameinfo.c --------------------------------------------- */

/* Write a text where it fits: IDEM_EFAULT. Nobody wants it when to is NULL. */
idem_error idem_give_text(const char *text, char *to, size_t cap);

#endif /* IDEM_LOOKUP_H */
