/* Opens and closes a socket, with the library it was compiled for. */
#include <idemsock.h>

#include <stdio.h>

int main(void)
{
    idem_socket *s = NULL;
    idem_error err = idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, &s);

    if (!err)
        err = idem_close(s);
    printf("idemsock %s: %s\n", idem_version(), idem_strerror(err));
    return err != IDEM_OK;
}
