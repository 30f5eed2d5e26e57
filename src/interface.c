/* Network interfaces, by index and by name. */
#include "lookup.h"

#include <stdlib.h>
#include <string.h>

idem_error idem_if_nameindex(idem_interface **list, size_t *count)
{
    size_t found = 0;
    idem_error err = IDEM_EFAULT;

    if (list != NULL)
        err = idem_os_interfaces(list, &found);
    if (count != NULL)
        *count = found;
    return err;
}

void idem_if_freenameindex(idem_interface *list)
{
    free(list);
}

/* The interface of that name, or, without one, of that index. */
static idem_error find(const char *name, uint32_t index, idem_interface *out)
{
    idem_interface *list;
    size_t count;
    size_t i;
    idem_error err = idem_os_interfaces(&list, &count);

    if (err)
        return err;
    err = IDEM_EADDRNOTAVAIL;
    for (i = 0; i < count && err; i++) {
        if (name != NULL ? strcmp(list[i].name, name) == 0
                         : list[i].index == index) {
            *out = list[i];
            err = IDEM_OK;
        }
    }
    free(list);
    return err;
}

idem_error idem_if_nametoindex(const char *name, uint32_t *index)
{
    idem_interface found = { 0 };
    idem_error err = IDEM_EFAULT;

    if (name != NULL)
        err = name[0] == '\0' ? IDEM_EADDRNOTAVAIL : find(name, 0, &found);
    if (index != NULL)
        *index = found.index;
    return err;
}

idem_error idem_if_indextoname(uint32_t index, char *name, size_t cap)
{
    idem_interface found;
    idem_error err;

    if (name == NULL)
        return IDEM_EFAULT;
    if (cap > 0)
        name[0] = '\0';
    err = find(NULL, index, &found);
    return err ? err : idem_give_text(found.name, name, cap);
}
