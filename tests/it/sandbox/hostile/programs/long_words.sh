# A command line as long as the kernel lets it be, and longer.
# class: ok
# stdout: refused
words=$(head -c 100000 /dev/zero | tr '\0' x)
/bin/true $words $words $words 2> /dev/null || echo no
/bin/true $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words \
    $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words $words \
    $words $words $words 2> /dev/null && echo accepted || echo refused
