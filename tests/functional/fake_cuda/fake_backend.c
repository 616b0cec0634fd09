/* Stands for libggml-cuda.so where only its being there and loading counts. */
int zimu_fake_backend(void) { return 0; }
