/* What a program or a DLL must bring itself where Microsoft's C runtime is not
 * to be had: its start, and the table of its thread-local storage. All else is
 * in ucrtbase.dll. For cmake/windows-msvc.cmake, and for x86_64 only. */

#ifdef program
int main(int argc, char **argv);

int _configure_narrow_argv(int mode);
int *__p___argc(void);
char ***__p___argv(void);
void exit(int status);

void mainCRTStartup(void);

void mainCRTStartup(void)
{
    _configure_narrow_argv(1);
    exit(main(*__p___argc(), *__p___argv()));
}
#endif

/* Tells the linker that floating point is used. */
int _fltused = 1;

/* The linker sorts sections by what stands behind the "$", and the thread-local
 * variables are in ".tls$": they come to lie between these two. */
#pragma section(".tls")
#pragma section(".tls$ZZZ")
#pragma section(".rdata$T", read)
__declspec(allocate(".tls")) char _tls_start = 0;
__declspec(allocate(".tls$ZZZ")) char _tls_end = 0;
unsigned int _tls_index = 0;

/* IMAGE_TLS_DIRECTORY64: the linker finds it by its name. */
typedef struct tls_directory {
    const char *begin;
    const char *end;
    unsigned int *index;
    void *callbacks;
    unsigned int zero_fill;
    unsigned int flags;
} tls_directory;

extern const tls_directory _tls_used;
__declspec(allocate(".rdata$T")) const tls_directory _tls_used = {
    &_tls_start, &_tls_end, &_tls_index, 0, 0, 0
};
