// Never ends.
// class: cpu_time_limit
// limits: cpu=100
int main(void) { for (;;) __asm__ volatile(""); }
