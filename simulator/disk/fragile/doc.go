// Package fragile is a disk in memory whose N-th operation fails, is torn, or is the last one
// before the machine stops, for tests of what programs keep on disks.
//
// A Disk knows what is on the platter and what only processes see: bytes that were written and
// not synced, and names that were made, moved or removed in a folder that was not synced. When
// the machine stops, either may be lost, or kept, or lost in part: a program may rely on none of
// it. A sync that fails has lost what it should have written: a later one does not bring it
// back, as with most operating systems.
package fragile
