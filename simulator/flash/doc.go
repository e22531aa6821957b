// Package flash is the NOR flash chip of the virtual meter: a strict model of what
// erasing and programming do to cells, of what a power loss leaves behind, and of the
// ways in which a chip goes bad. It is for people who write or test a loader that must
// survive all of that.
//
// # The contract
//
// Cells. The chip is Sectors x SectorBytes bytes, addressed from 0. An erased byte is
// 0xFF. A new chip is erased.
//
// Erase sets every byte of one sector to 0xFF. Program clears bits: it takes 1 to 256
// bytes that lie inside one sector. Programming a bit from 0 to 1 is impossible. Real
// drivers find out late; this chip reports a [*BitError] and changes nothing at all, not
// even the bytes before the bad one. Programming the same data again is legal.
//
// Operations. One erase of a sector or one program of up to 256 bytes is one operation.
// Operations are counted from 1 ([Chip.Ops]). The count includes all that reach
// the cells: done, failed, refused with a [*BitError], lied about, or cut by a power
// loss in any phase. It does not include what the chip never starts: a bad address or length
// ([ErrRange]), a protected sector ([ErrProtected]), anything without power.
//
// Power loss. [Chip.CutAt] sets a trap at one operation:
//
//   - [Before]: the operation does nothing;
//   - [Torn]: the operation is interrupted. A torn program leaves a prefix programmed and
//     the byte behind it partly programmed (some of the bits that should have been cleared
//     are); the rest is unchanged. A torn erase leaves a seeded mix in which each bit is
//     either as it was or 1; how far the erase had come is drawn from the seed too, so
//     some seeds leave almost everything and some almost nothing;
//   - [After]: the operation is complete, and no later one is done.
//
// The operation and every later one return [ErrPowerCut], until [Chip.PowerOn].
// The bits that a tear leaves are stable: they read the same every time. The same state,
// operation and seed always tear the same way.
//
// [Chip.TearProgram] and [Chip.TearErase] have the same effect for a power loss at a
// moment in time that falls into an operation.
//
// Protection. The first Protected sectors belong to the loader. No operation changes
// them; only [Chip.LoadPage] does, as the factory does.
//
// Chip faults. A stuck bit, a failing sector or address, an operation that fails, an
// operation that lies, and a marginal cell: see [Chip.StickBit], [Chip.FailErase],
// [Chip.FailProgram], [Chip.FailAt], [Chip.LieAt] and [Chip.MakeMarginal]. The chip verifies
// each result, as the embedded algorithms of such parts do, so all but the last two are
// reported ([ErrProgramFailed], [ErrEraseFailed]). The faults stay until
// [Chip.ClearFaults], also through power losses.
//
// Marginal cells. One bit of a marginal byte is inverted in about half of the reads, as a
// seed draws. What it reads next depends on how often it was read, so reading ([Chip.Read],
// [Chip.CRC32]) changes such a chip. To look at the chip without a change, use [Chip.Cells].
//
// Time. The chip has no clock. [Geometry] carries the typical times (Am29F032B class:
// sector erase 1 s, byte program 7 µs); the owner of the clock waits that long. An
// operation itself happens at the instant of its call.
//
// Copies. [Chip.Clone] copies one array of page pointers; pages are shared until either
// side writes. A clone and its original may be used from different goroutines; one Chip
// may not. Both sides of a clone cost one page copy per page that they write first.
//
// # Not modelled
//
// Wear and the erase-cycle limit, erase suspend, read disturb and retention loss, reading
// the array while an operation runs (the real part returns status bits then), command
// sequences and unlock cycles, chip erase, and the order of cells inside a program (the
// chip goes by ascending address).
package flash
