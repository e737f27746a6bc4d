/**
 * Settings of glibc's memory, as GLIBC_TUNABLES. A process reads them when it starts and never
 * again, so the commands set them before they become Node (scripts/build.mjs).
 *
 * - hugetlb: memory comes in pages of 2 MiB, where the kernel has them. Touching a page for the
 *   first time costs the same whatever its size.
 * - arena_max: all threads use one heap; V8's threads would each begin one.
 * - mmap_threshold: buffers from 128 KiB on are given back to the system when they are freed. If
 *   they were kept, a source's blocks, or what a client holds for a slow reader, would leave 25 MB
 *   of holes.
 */
export const MALLOC_TUNABLES =
  'glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=131072'
