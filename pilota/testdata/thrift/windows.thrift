// A byte order mark, and lines that end like those of Windows.
namespace go windows

/**
 * Two lines
 * of text.
 */
struct Windows {
    1: i32 a // beside a
    2: string b = "x" /* two
        lines */
}
