/* The name service of the tests: Windows. The library calls Winsock through
 * pointers, which are made to point to these functions. */
#include "resolver.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#define ROW(native, neutral)                                                   \
    {                                                                          \
#native, native, neutral                                               \
    }

/* The last two are Wine's, of its host. */
const resolver_error resolver_errors[] = {
    ROW(WSATRY_AGAIN, 11002),
    ROW(WSAEINVAL, 10022),
    ROW(WSANO_RECOVERY, 11003),
    ROW(WSAEAFNOSUPPORT, 10047),
    ROW(WSA_NOT_ENOUGH_MEMORY, 8),
    ROW(WSAHOST_NOT_FOUND, 11001),
    ROW(WSANO_DATA, 11004),
    ROW(WSATYPE_NOT_FOUND, 10109),
    ROW(WSAESOCKTNOSUPPORT, 10044),
    ROW(WSANOTINITIALISED, 10093),
    ROW(-9, 11004),
    ROW(-12, 11004),
};
const size_t resolver_error_count = CHECK_COUNT(resolver_errors);

/* ---- Hanging ----------------------------------------------------------- */

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE released = CONDITION_VARIABLE_INIT;

/* Woken often enough: the mark may have been changed just before. */
void resolver_sleep(void)
{
    AcquireSRWLockExclusive(&lock);
    SleepConditionVariableSRW(&released, &lock, 1000, 0);
    ReleaseSRWLockExclusive(&lock);
}

void resolver_wake(void)
{
    AcquireSRWLockExclusive(&lock);
    WakeAllConditionVariable(&released);
    ReleaseSRWLockExclusive(&lock);
}

/* There are none. */
bool resolver_hears_signals(void)
{
    return false;
}

bool resolver_takes_utf8(void)
{
    return true;
}

/* ---- In place of Winsock's --------------------------------------------- */

typedef ADDRINFOW native_info;
typedef wchar_t native_char;

static void set_text(wchar_t *to, size_t cap, const char *text)
{
    CHECK(MultiByteToWideChar(CP_UTF8, 0, text, -1, to, (int)cap) > 0);
}

#include "resolver_list.h"

static INT WINAPI find(PCWSTR host, PCWSTR service, const ADDRINFOW *hints,
                       PADDRINFOW *list)
{
    const resolver_host *found;
    char name[256];
    int code = resolver_enter();

    if (code != 0)
        return code;
    if (host == NULL) {
        if (wcscmp(service, L"http") != 0 || hints->ai_socktype != SOCK_STREAM)
            return WSATYPE_NOT_FOUND;
        *list = make_port(80);
        return 0;
    }
    WideCharToMultiByte(CP_UTF8, 0, host, -1, name, sizeof(name), NULL, NULL);
    found = resolver_find(name);
    if (found == NULL)
        return WSAHOST_NOT_FOUND;
    *list = make_list(found, hints->ai_family);
    return *list != NULL ? 0 : WSAHOST_NOT_FOUND;
}

static void WINAPI release(PADDRINFOW list)
{
    free_list(list);
}

static INT WINAPI find_name(const SOCKADDR *name, socklen_t size, PWCHAR host,
                            DWORD host_cap, PWCHAR service, DWORD service_cap,
                            INT flags)
{
    const char *found;
    int code = resolver_enter();

    (void)size;
    if (code != 0)
        return code;
    if (service != NULL) {
        set_text(service, service_cap, (flags & NI_DGRAM) ? "7" : "http");
        return 0;
    }
    found = name_at(name);
    if (found == NULL)
        return WSAHOST_NOT_FOUND;
    set_text(host, host_cap, found);
    if (flags & NI_NOFQDN)
        host[wcscspn(host, L".")] = L'\0';
    return 0;
}

/* ---- Taking over ------------------------------------------------------- */

/* A pointer to the system's function becomes one to ours. */
static void replace(ULONG_PTR *slot, const char *name, ULONG_PTR ours)
{
    const HMODULE winsock = GetModuleHandleW(L"ws2_32.dll");
    DWORD before;

    if (*slot != (ULONG_PTR)GetProcAddress(winsock, name))
        return;
    CHECK(VirtualProtect(slot, sizeof(*slot), PAGE_READWRITE, &before));
    *slot = ours;
    CHECK(VirtualProtect(slot, sizeof(*slot), before, &before));
}

void resolver_take_over(void *library)
{
    char *base = library != NULL ? library : (void *)GetModuleHandleW(NULL);
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS *nt = (const void *)(base + dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *directory =
        &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    const IMAGE_IMPORT_DESCRIPTOR *from =
        (const void *)(base + directory->VirtualAddress);

    for (; from->Name != 0; from++) {
        ULONG_PTR *slot = (void *)(base + from->FirstThunk);

        for (; *slot != 0; slot++) {
            replace(slot, "GetAddrInfoW", (ULONG_PTR)find);
            replace(slot, "FreeAddrInfoW", (ULONG_PTR)release);
            replace(slot, "GetNameInfoW", (ULONG_PTR)find_name);
        }
    }
}
