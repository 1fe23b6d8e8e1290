const string pattern = "\d+\."
const string fine = "\\d \x41 \u00e9 \n \t \"quoted\""
struct S { 1: string a (api.vd = "regexp($, '^\w+$')") }
