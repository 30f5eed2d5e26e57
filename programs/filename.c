#include "filename.h"

#include <stddef.h>
#include <string.h>

/* Bytes of the character at text, 0: it is none. Neither longer than need be,
 * nor half of a pair, nor beyond the last one. */
static size_t character(const unsigned char *text)
{
    const unsigned first = text[0];
    const unsigned second = first != 0 ? text[1] : 0;
    const size_t len = first < 0x80   ? 1
                       : first < 0xE0 ? 2
                       : first < 0xF0 ? 3
                                      : 4;

    if (len == 1)
        return 1;
    if (first < 0xC2 || first > 0xF4 || (first == 0xE0 && second < 0xA0)
        || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90)
        || (first == 0xF4 && second > 0x8F))
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((text[i] & 0xC0U) != 0x80U)
            return 0;
    }
    return len;
}

/* No system has all of these in names: paths, patterns, streams, and what moves
 * the cursor of who reads them. U+0080 to U+009F do that as well. */
static bool is_plain(const unsigned char *text)
{
    if (text[0] == 0xC2 && text[1] < 0xA0)
        return false;
    return text[0] >= 0x20 && text[0] != 0x7F
           && strchr("<>:\"/\\|?*", text[0]) == NULL;
}

static bool is_text(const char *name)
{
    /* Bytes from 128 on are compared above. */
    const unsigned char *at = (const unsigned char *)name;

    while (*at != '\0') {
        const size_t len = character(at);

        if (len == 0 || !is_plain(at))
            return false;
        at += len;
    }
    return true;
}

/* Whether the len bytes are the word, in capitals, in whatever case. */
static bool is_word(const char *text, size_t len, const char *word)
{
    if (strlen(word) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char c = text[i];
        if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != word[i])
            return false;
    }
    return true;
}

/* "com1" and "LPT¹" */
static bool is_port(const char *text, size_t len)
{
    if (len < 4 || (!is_word(text, 3, "COM") && !is_word(text, 3, "LPT")))
        return false;
    if (len == 4)
        return text[3] >= '0' && text[3] <= '9';
    return len == 5
           && (memcmp(text + 3, "\xC2\xB9", 2) == 0
               || memcmp(text + 3, "\xC2\xB2", 2) == 0
               || memcmp(text + 3, "\xC2\xB3", 2) == 0);
}

/* Windows knows its devices in every directory, whatever their extension. */
static bool is_device(const char *name)
{
    static const char *const words[] = { "CON", "PRN",    "AUX",
                                         "NUL", "CONIN$", "CONOUT$" };
    size_t len = strcspn(name, ".");

    while (len > 0 && name[len - 1] == ' ')
        len--;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (is_word(name, len, words[i]))
            return true;
    }
    return is_port(name, len);
}

static bool is_part(const char *name)
{
    return strncmp(name, FILENAME_OF_PART, strlen(FILENAME_OF_PART)) == 0;
}

/* A dot or a blank at the end is lost on Windows; "." and ".." have one. */
bool filename_is_safe(const char *name)
{
    const size_t len = strlen(name);

    return len > 0 && len <= FILENAME_LIMIT && name[len - 1] != '.'
           && name[len - 1] != ' ' && is_text(name) && !is_device(name)
           && !is_part(name);
}
