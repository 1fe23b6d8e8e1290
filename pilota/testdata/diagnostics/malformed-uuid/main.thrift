const uuid a = "01234567-89ab-cdef-0123-456789ABCDEF"
const uuid b = "{01234567-89ab-cdef-0123-456789abcdef}"
const uuid c = "0123456789abcdef0123456789abcdef"
const uuid d = "01234567-89ab-cdef-0123-456789abcdeg"
