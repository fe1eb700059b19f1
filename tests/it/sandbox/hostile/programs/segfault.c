// Writes to nowhere.
// class: signal
// signal: 11
int main(void) { *(volatile int *)8 = 1; return 0; }
