/* From addresses back to names; the name of this machine. */
#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_FLAGS                                                            \
    (IDEM_NI_NOFQDN | IDEM_NI_NUMERICHOST | IDEM_NI_NAMEREQD                   \
     | IDEM_NI_NUMERICSERV | IDEM_NI_DGRAM)

static const idem_lookup plain;

idem_error idem_give_text(const char *text, char *to, size_t cap)
{
    const size_t size = strlen(text) + 1;

    if (to == NULL)
        return IDEM_OK;
    if (size > cap)
        return IDEM_EFAULT;
    memcpy(to, text, size);
    return IDEM_OK;
}

/* ---- Back to names ----------------------------------------------------- */

static idem_error find_host(const idem_address *a, const idem_lookup *how,
                            idem_deadline *d, char *host)
{
    const idem_question q = { .ask = IDEM_ASK_NAME,
                              .local = how->flags & IDEM_NI_NOFQDN,
                              .address = *a };
    idem_answer answer;
    idem_error err = IDEM_HOST_NOT_FOUND;

    if (!(how->flags & IDEM_NI_NUMERICHOST)) {
        err = idem_look_up(&q, d, how->canceller, &answer);
        if (!err)
            return idem_give_text(answer.name, host, IDEM_OS_NAME);
    }
    if (err != IDEM_HOST_NOT_FOUND && err != IDEM_NO_DATA)
        return err;
    if (how->flags & IDEM_NI_NAMEREQD)
        return IDEM_HOST_NOT_FOUND;
    return idem_address_host(a, host, IDEM_OS_NAME);
}

static idem_error find_service(const idem_address *a, const idem_lookup *how,
                               idem_deadline *d, char *service)
{
    const bool datagram = how->flags & IDEM_NI_DGRAM;
    const idem_question q = { .ask = IDEM_ASK_SERVICE,
                              .type =
                                  datagram ? IDEM_SOCK_DGRAM : IDEM_SOCK_STREAM,
                              .address = *a };
    idem_answer answer;
    idem_error err;

    if ((how->flags & IDEM_NI_NUMERICSERV) || a->port == 0) {
        snprintf(service, IDEM_OS_NAME, "%u", (unsigned)a->port);
        return IDEM_OK;
    }
    err = idem_look_up(&q, d, how->canceller, &answer);
    return err ? err : idem_give_text(answer.name, service, IDEM_OS_NAME);
}

static idem_error check_lookup(const idem_address *a, const idem_lookup *how,
                               idem_deadline *d)
{
    int64_t timeout_ns;
    idem_error err;

    if (a == NULL)
        return IDEM_EFAULT;
    if (a->family != IDEM_AF_INET && a->family != IDEM_AF_INET6)
        return IDEM_EAFNOSUPPORT;
    if (how->flags & ~KNOWN_FLAGS)
        return IDEM_EINVAL;
    err = idem_lookup_timeout(how, &timeout_ns);
    return err ? err : idem_deadline_begin(d, timeout_ns, how->canceller);
}

idem_error idem_getnameinfo(const idem_address *a, const idem_lookup *how,
                            char *host, size_t host_cap, char *service,
                            size_t service_cap)
{
    char found_host[IDEM_OS_NAME] = "";
    char found_service[IDEM_OS_NAME] = "";
    idem_deadline d;
    idem_error err;

    if (how == NULL)
        how = &plain;
    if (host != NULL && host_cap > 0)
        host[0] = '\0';
    if (service != NULL && service_cap > 0)
        service[0] = '\0';
    err = check_lookup(a, how, &d);
    if (!err && host != NULL)
        err = find_host(a, how, &d, found_host);
    if (!err && service != NULL)
        err = find_service(a, how, &d, found_service);
    if (!err && service != NULL && strlen(found_service) >= service_cap)
        err = IDEM_EFAULT;
    if (!err)
        err = idem_give_text(found_host, host, host_cap);
    return err ? err : idem_give_text(found_service, service, service_cap);
}

/* ---- This machine, and whole names ------------------------------------- */

idem_error idem_gethostname(char *name, size_t cap)
{
    char found[IDEM_OS_NAME];
    idem_error err;

    if (name == NULL)
        return IDEM_EFAULT;
    if (cap > 0)
        name[0] = '\0';
    err = idem_os_hostname(found);
    return err ? err : idem_give_text(found, name, cap);
}

/* Python leaves a name as it is when the name service cannot help. */
static bool is_no_help(idem_error err)
{
    return err == IDEM_HOST_NOT_FOUND || err == IDEM_NO_DATA
           || err == IDEM_TRY_AGAIN || err == IDEM_NO_RECOVERY;
}

/* Replace the name by the one in the answer if that is any better. */
static idem_error improve(char *name, idem_error err, const idem_answer *a)
{
    if (!err && strchr(a->name, '.') != NULL)
        return idem_give_text(a->name, name, IDEM_OS_NAME);
    return is_no_help(err) ? IDEM_OK : err;
}

/* The first address of a host, whose canonical name replaces it. No family:
 * there is none. */
static idem_error find_address(char *name, const idem_lookup *how,
                               idem_deadline *d, idem_address *out)
{
    const idem_question q = { .ask = IDEM_ASK_ADDRESSES, .text = name };
    idem_answer a;
    idem_error err;

    *out = (idem_address){ 0 };
    if (idem_read_number(name, out) || idem_is_localhost(name))
        return IDEM_OK;
    err = idem_check_name(name);
    if (err)
        return is_no_help(err) ? IDEM_OK : err;
    err = idem_look_up(&q, d, how->canceller, &a);
    if (!err)
        *out = a.list[0];
    err = improve(name, err, &a);
    free(a.list);
    return err;
}

static idem_error complete(char *name, const idem_lookup *how)
{
    idem_question q = { .ask = IDEM_ASK_NAME };
    idem_deadline d;
    idem_answer a;
    int64_t timeout_ns;
    idem_address number;
    const bool numeric = idem_read_number(name, &number);
    idem_error err = idem_lookup_timeout(how, &timeout_ns);

    if (!err)
        err = idem_deadline_begin(&d, timeout_ns, how->canceller);
    if (!err)
        err = find_address(name, how, &d, &q.address);
    if (err || q.address.family == IDEM_AF_UNSPEC)
        return err;
    if (!numeric && strchr(name, '.') != NULL)
        return IDEM_OK;
    err = idem_look_up(&q, &d, how->canceller, &a);
    if (numeric && !err)
        return idem_give_text(a.name, name, IDEM_OS_NAME);
    return improve(name, err, &a);
}

static bool means_own(const char *name)
{
    return name == NULL || name[0] == '\0' || strcmp(name, "0.0.0.0") == 0
           || strcmp(name, "::") == 0;
}

idem_error idem_getfqdn(const char *name, const idem_lookup *how, char *fqdn,
                        size_t cap)
{
    char found[IDEM_OS_NAME];
    idem_error err;

    if (fqdn == NULL)
        return IDEM_EFAULT;
    if (cap > 0)
        fqdn[0] = '\0';
    if (means_own(name))
        err = idem_os_hostname(found);
    else
        err = idem_give_text(name, found, sizeof(found));
    if (!err)
        err = complete(found, how == NULL ? &plain : how);
    return err ? err : idem_give_text(found, fqdn, cap);
}
