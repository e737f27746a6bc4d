/**
 * How glibc is to keep memory, as GLIBC_TUNABLES: it reads them when a process starts and never again, so the commands set
 * them before they become Node (scripts/build.mjs).
 *
 * - hugetlb: in pages of 2 MiB, where the kernel has them. To touch a page for the first time costs the same whatever its size.
 * - arena_max: one heap for all threads; those of V8 would each begin one.
 * - mmap_threshold: buffers from 128 KiB on are given back to the system when they are freed, not kept: a source's blocks, or
 *   what a client holds for a slow reader, would else leave 25 MB of holes.
 */
export const MALLOC_TUNABLES =
  'glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=131072'
