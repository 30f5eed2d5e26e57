/* Names and texts of errors, from the one list in the header. */
#include "os.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static _Thread_local int native_error;

idem_error idem_os_fail(int native, idem_error err)
{
    native_error = native;
    return err;
}

int idem_native_error(void)
{
    return native_error;
}

const char *idem_strerror(idem_error err)
{
    switch ((int)err) {
#define X(name, value, python, text)                                           \
    case value:                                                                \
        return text;
        IDEM_ERROR_LIST(X)
#undef X
    default:
        return "unknown error";
    }
}

const char *idem_error_name(idem_error err)
{
    switch ((int)err) {
#define X(name, value, python, text)                                           \
    case value:                                                                \
        return #name;
        IDEM_ERROR_LIST(X)
#undef X
    default:
        return "UNKNOWN";
    }
}

const char *idem_version(void)
{
    return TEXT(IDEM_VERSION_MAJOR) "." TEXT(IDEM_VERSION_MINOR) "." TEXT(
        IDEM_VERSION_PATCH);
}
