/* The disk, as the programs use it. Files are made where the test runs. */
#include "check.h"
#include "disk.h"
#include "filename.h"
#include "part.h"

#include <string.h>

#define CHECK_DONE(expr) CHECK((expr) == NULL)

/* Make a file in one go. */
static void make(const char *path, const char *text)
{
    disk_file file;

    disk_remove(path); /* from a run that was cut */
    CHECK_DONE(disk_create(path, &file));
    CHECK_DONE(disk_write(file, text, strlen(text)));
    CHECK_DONE(disk_close(file));
}

static void check_size(const char *path, uint64_t want)
{
    disk_file file;
    uint64_t size;

    CHECK_DONE(disk_open(path, &file));
    CHECK_DONE(disk_size(file, &size));
    CHECK_EQ(size, want);
    CHECK_DONE(disk_close(file));
}

static void check_missing(const char *path)
{
    disk_file file;

    CHECK_STR(disk_open(path, &file), DISK_MISSING);
    CHECK(file == DISK_NONE);
}

static void test_read(void)
{
    const char *path = "disk read 你好";
    disk_file file;

    make(path, "hello");
    check_size(path, 5);
    CHECK_STR(disk_create(path, &file), DISK_EXISTS);
    CHECK(file == DISK_NONE);
    check_size(path, 5);
    CHECK_DONE(disk_remove(path));
    check_missing(path);
    CHECK_STR(disk_remove(path), DISK_MISSING);
}

static void test_no_file(void)
{
    disk_file file;

    CHECK_STR(disk_open(".", &file), DISK_NO_FILE);
    CHECK(file == DISK_NONE);
    CHECK_STR(disk_open("", &file), DISK_MISSING);
    check_missing("nosuch");
    check_missing("nosuch/file");
    CHECK_DONE(disk_close(DISK_NONE));
}

static void test_kept(void)
{
    const char *name = "disk kept ü.txt";
    part p = { .path = NULL };

    disk_remove(name);
    CHECK_DONE(part_begin(&p, "."));
    CHECK_DONE(part_write(&p, "hel", 3));
    check_missing(name);
    CHECK_DONE(part_write(&p, "lo", 2));
    CHECK_DONE(part_keep(&p, ".", name));
    CHECK(p.path == NULL);
    check_size(name, 5);
    CHECK_DONE(disk_remove(name));
}

static void test_taken(void)
{
    const char *name = "disk taken";
    char path[64] = "";
    part p = { .path = NULL };

    make(name, "first");
    CHECK_DONE(part_begin(&p, "."));
    CHECK_DONE(part_write(&p, "2nd", 3));
    strncat(path, p.path, sizeof(path) - 1);
    CHECK_STR(part_keep(&p, ".", name), DISK_EXISTS);
    check_size(name, 5);
    check_missing(path);
    CHECK_DONE(disk_remove(name));
}

/* Two at a time do not meet. */
static void test_discarded(void)
{
    part p[2] = { { .path = NULL }, { .path = NULL } };
    char path[64] = "";

    CHECK_DONE(part_begin(&p[0], "."));
    CHECK_DONE(part_begin(&p[1], "./"));
    CHECK(strcmp(disk_base_name(p[0].path), disk_base_name(p[1].path)) != 0);
    CHECK_DONE(part_write(&p[0], "some", 4));
    check_size(p[0].path, 4);
    check_size(p[1].path, 0);
    strncat(path, p[0].path, sizeof(path) - 1);
    part_discard(&p[0]);
    part_discard(&p[0]);
    part_discard(&p[1]);
    check_missing(path);
}

static void test_no_directory(void)
{
    part p = { .path = NULL };

    CHECK_STR(part_begin(&p, "nosuch"), DISK_MISSING);
    CHECK(p.path == NULL);
    CHECK_DONE(part_begin(&p, "."));
    CHECK_STR(part_keep(&p, "nosuch", "name"), DISK_MISSING);
    part_discard(&p);
}

static void test_base_names(void)
{
    CHECK_STR(disk_base_name("a"), "a");
    CHECK_STR(disk_base_name("/b/a c"), "a c");
    CHECK_STR(disk_base_name("./a.b"), "a.b");
    CHECK_STR(disk_base_name("a/"), "");
    CHECK_STR(disk_base_name(""), "");
}

/* clang-format off */
static const char *const good_names[] = {
    "a", "a b", ".a", "a.b.c", "-a", "~a$", "你好", "🌳.txt",
    "CONSOLE", "com", "com10", "nul1", "a.nul", "lpt", "COM\xC2\xB4",
    "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF",
};

static const char *const bad_names[] = {
    "", ".", "..", "/", "a/b", "a\\b", "a:b", "a*", "a?", "<a", "a>", "\"a\"",
    ".idem-7.part", "a|b", "a.", "a ", "a\nb", "\x01", "a\x7F", "\xC2\x85",
    "nul", "NUL.txt", "Com1", "com0.a.b", "LPT\xC2\xB9", "aux .c", "conin$",
    "\x80", "\xFF", "\xC0\xAF", "\xC1\xBF", "\xE4\xBD", "\xE0\x80\xAF",
    "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
};
/* clang-format on */

static void test_safe_names(void)
{
    char name[FILENAME_LIMIT + 2];

    for (size_t i = 0; i < CHECK_COUNT(good_names); i++)
        CHECK(filename_is_safe(good_names[i]));
    for (size_t i = 0; i < CHECK_COUNT(bad_names); i++)
        CHECK(!filename_is_safe(bad_names[i]));
    memset(name, 'x', sizeof(name));
    name[FILENAME_LIMIT + 1] = '\0';
    CHECK(!filename_is_safe(name));
    name[FILENAME_LIMIT] = '\0';
    CHECK(filename_is_safe(name));
}

static const check_case cases[] = {
    CASE(read),      CASE(no_file),      CASE(kept),       CASE(taken),
    CASE(discarded), CASE(no_directory), CASE(base_names), CASE(safe_names),
};

CHECK_MAIN("disk")
