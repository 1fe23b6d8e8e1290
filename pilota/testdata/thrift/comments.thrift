// A licence, of which nobody is the
// author.

/* About the file. */
namespace go comments /* beside a header */

// Detached: an empty line follows.

// Attached
// in two lines.
struct A { // beside the brace
    // above a
    1: i32 a, // beside a
    /* above b */ 2: i32 b /* before the separator */, // and behind it
    3: /* within c */ i32 c // beside c, no separator

    /**
     * Two lines of documentation,
     *   the second indented.
     */
    # and a hash comment
    4: i32 d; # beside d
    5: list< // within a type
        i32
    > e
    6: list<i32> f = [ // beside the bracket
        1, // one
        // above two
        2
        // below two
    ]
    // at the end of A
} // beside the end of A

/**/ /***/ /****/
/** Only a line. */ enum E { A /* x */ = /* y */ 1 /* z */, B } // both

/*
   no stars,
     but indentation
*/
struct B /* before the brace */ { /* alone */ }

/** about the service */
service S {
    // above f
    void f(1: i32 a, /* above b */ 2: i32 b), // beside f
    void g( // beside the parenthesis
        1: i32 a // beside a
        , 2: i32 b
        // at the end of the arguments
    ) throws ( /* alone */ ) // beside g
	/* indented with a tab,
	   with a second line */
	void h()

    // at the end of S
}
const i32 last = 1 // no new line at the end of the file, but a comment