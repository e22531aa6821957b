// Package ion is the ION protocol of the 73xx meters as bytes: link frames, messages of
// several frames, packets, programs and values, and the service by which firmware is
// downloaded. Both ends use it, the virtual meter and the upgrader. It knows no time, no
// port and no state of a meter; whoever calls it has those.
//
// This page says all that a program needs to talk to the virtual meter. Each section says
// where its facts come from:
//
//   - documented: observed on the only public ION client, which its makers ran against real
//     meters (fixtures/vectors, where each claim has its bytes), or published by the vendor;
//   - ours: invented for this project because the real thing is not public. A real meter
//     will differ. Single guesses are marked "Assumption:" in the code.
//
// Offsets count from 0. u8, u16, u32 are unsigned numbers; char[16] is ASCII padded with
// NUL. Bytes are written in hex.
//
// # Link frames (documented)
//
// Everything on the line is a frame, 8 data bits, no parity, one stop bit:
//
//	offset  bytes  field
//	0       2      preamble 00 00, before every frame
//	2       2      14 AC
//	4       1      control
//	5       1      length: 7 + n
//	6       2      source address, little-endian
//	8       2      destination address, little-endian
//	10      1      transaction: 40 first frame of a message, low five bits: frames still to come
//	11      1      reserved, 00
//	12      n      data, at most 238 bytes
//	12+n    2      CRC, low byte first
//
// The CRC is CRC-16/MODBUS from the control byte to the last data byte ("123456789" gives
// 4B37). The PC has address 20000, a meter its unit ID (1 to 9999); FFFF is for all meters,
// and none of them answers.
//
//	control  from the PC  from the meter
//	00 / 80  00           80             the only or last frame of a message
//	20 / A0  20           A0             a frame that wants an ACK: every one but the last
//	E0       E0           E0             ACK: length 7, no data, the transaction of the frame
//	C0                    C0             NAK; nobody needs to send one, and it is ignored here
//
// Anything that is not a good frame for the unit is discarded in silence (FA358838). A
// receiver finds its place again by itself: see Decoder, which wants 14 AC, a length of at
// least 7 and the right CRC, and no more than that. It takes up to 248 data bytes.
//
// # Messages (documented)
//
// A message is cut into pieces of 238 bytes, at most 32 of them (7616 bytes). The first
// frame has 40 set in its transaction, and the low five bits count down to 0. After every
// frame but the last the sender waits for its ACK: same transaction byte, addresses swapped.
// The last frame is not acknowledged; the reply to a request is its answer.
//
//	PC     20  transaction 42  238 bytes
//	meter  E0  transaction 42
//	PC     20  transaction 01  238 bytes
//	meter  E0  transaction 01
//	PC     00  transaction 00  the rest
//	meter  80  transaction 40  the reply
//
// No ACK within the response timeout: the whole message is sent again from its first frame.
// A first frame always begins a new message; the receiver forgets what it had, and a meter
// forgets a reply that it was still sending. The frame accepted last may come again: it is
// acknowledged again and counts once. Take no ACK for a frame but one that carries the
// frame's transaction: a late one must not move the message on. Packets stand in the first
// frame only; later frames carry bare data.
//
// # Packets (documented)
//
// All numbers from here on are big-endian.
//
//	offset  bytes  field
//	0       2      length of the packet, itself included: 15 + body (+ 8 with a credential)
//	2       2      message id
//	4       1      descriptor: 01 request, 04 a credential follows, 08 time set
//	5       4      source address: 9564 0001 is the PC, 9501 and u16 unit is a meter
//	9       4      destination address
//	13      0 / 8  credential
//	+0      1      service: 01
//	+1      1      type: 00 program, 11 time sync, 44 download (ours)
//	+2      n      body
//
// The credential is the password, in clear: u8 kind, u8 user, six bytes. Kind 00 is a
// number: 00 00 and u32. Kind 80 is text of up to six characters, to the right, NUL before
// it.
//
// A reply has no request bit and no credential, the addresses swapped, the message id and
// the type of its request. Bytes in the frame behind the packet are ignored.
//
// A client counts the message id up from message to message, starting with 1; a resend of a
// message keeps its id. A reply with another id than that of the message sent last is a late
// one: it is thrown away and the client goes on waiting. After FFFF comes 0001.
//
// A time sync has descriptor 08 (0C with credential) and the Unix time as u32 for its body.
// It has no reply.
//
// # Programs and values (documented)
//
//	request  000F, u16 program id 0, u8 frequency 1, u8 priority 0, u16 length, data
//	reply    000E, u8 status, then as the request
//
// The data of a request is F6 and the commands: u16 handle, method (one byte, or FF and
// two), and its argument, if it has one: see Method. The data of a reply is one value for
// each command, in their order. See Handle and Kind for both lists. An exception in place of
// a value says why a command failed; its reason contains "Invalid Password" if that is why.
//
// # The download service (ours)
//
// Type 44. One request, one reply, nothing unasked. The body of a request is an operation
// and its fields; the body of a reply the same operation, a status and its fields. The
// layout of a reply does not depend on its status: fields without a meaning are 0. A body
// that is too short or too long, or has an unknown operation or a flag other than 0 and 1,
// is not answered.
//
// Every request but identify carries the credential.
//
//	1 identify   request   0  u8   01
//	             reply     0  u8   01
//	                       1  u8   status
//	                       2  u8   state: 0 application, 1 download, 2 erasing, 3 receiving
//	                       3  u16  version of the loader
//	                       5  u16  product (7330, 7350, ...)
//	                       7  char[16]  serial number
//	                      23  char[16]  revision of the running application; NUL in states 1 to 3
//	                      39  u32  base: first address of the image area
//	                      43  u32  capacity: bytes of the image area
//	                      47  u16  bytes that every block but the last carries
//	                      49  u32  next sequence number; 0 unless the state is 3
//
//	2 enter      request   0  u8   02
//	                       1  u16  product that the image is for
//	                       3  u32  bytes of the image
//	             reply     0  u8   02
//	                       1  u8   status
//	                       2  u8   1: the meter was in download state before, 0: it was not
//
//	3 clear      request   0  u8   03
//	                       1  u8   1: start, or go on if it runs; 0: only ask how far it is
//	             reply     0  u8   03
//	                       1  u8   status
//	                       2  u16  sectors still to erase
//	                       4  u16  with erase failed: the sector that failed
//
//	4 block      request   0  u8   04
//	                       1  u32  sequence number, from 1
//	                       5  u32  address of the first byte
//	                       9  u16  bytes of data, n
//	                      11  u32  CRC-32 of the data
//	                      15  n    data, 1 to 7424 bytes
//	             reply     0  u8   04
//	                       1  u8   status
//	                       2  u32  sequence number of the request
//	                       6  u32  expected: the sequence number that the loader wants now
//
//	5 verify     request   0  u8   05
//	                       1  u32  bytes of the image
//	                       5  u32  CRC-32 of the image
//	                       9  u16  product
//	                      11  u32  build time, Unix seconds
//	                      15  char[16]  revision
//	             reply     0  u8   05
//	                       1  u8   status
//	                       2  u32  CRC-32 that the loader computed; 0 if it did not come to that
//
//	6 restart    request   0  u8   06
//	             reply     0  u8   06
//	                       1  u8   status
//
// CRC-32 is the one of IEEE 802.3 (hash/crc32: IEEE; "123456789" gives CBF43926).
//
//	status
//	0  ok
//	1  busy            an erase is still running: ask again in a while
//	2  bad sequence    not the block that the loader wants: go on with the one expected
//	3  not cleared     no clear was carried out since the last power-on
//	4  out of range    address, length or size outside the image area
//	5  program failed  the chip did not take the data: the flash must be cleared again
//	6  erase failed    the chip did not clear the sector named
//	7  verify failed   wrong CRC-32: of a block, which may be sent again, or of the image
//	8  wrong product   the image is for another product
//	9  refused         wrong or missing password, or not allowed in this state
//
// # A download from beginning to end (ours)
//
// The states of a meter, as identify tells them:
//
//	application   -- enter -->           download
//	download      -- clear -->           erasing
//	erasing       -- all sectors done -> receiving
//	erasing       -- erase failed -->    download
//	receiving     -- block, verify -->   receiving
//	receiving     -- clear -->           erasing
//	any loader    -- restart, power -->  application, if the flash holds a valid image; else download
//
// At every start the loader looks at the flash: with a valid image (its record, its product,
// its length, its CRC-32) the application runs, without one the meter is in download state
// and stays there. So a meter whose download broke off always answers identify.
//
//  1. Identify. Stop if the product is not the one the image is for, or if the image does
//     not fit the capacity. Note base and block bytes.
//  2. Enter, whatever the state. In the application it is answered first, then the meter
//     restarts into download state; identify until it says 1. It fails with wrong product,
//     out of range or refused before anything has changed.
//  3. Clear with 1, then with 0 about every second while the answer is busy. It takes about
//     one second for each sector. Ok means that the loader is receiving. From the moment
//     that the clear has begun the meter has no application. Clear in the application is
//     refused.
//  4. Block 1, 2, 3 and so on, without a gap, each at base + 7424 · (sequence - 1). One at a
//     time: the next is sent when the one before was answered ok.
//  5. Verify. The loader computes the CRC-32 of the image from its flash. If it is the one
//     given, it writes the record that makes the image valid, with product, length, build
//     time and revision.
//  6. Restart. It is answered first. A new image needs a few seconds more for its first
//     boot. Identify until the state is 0, and compare the revision.
//
// In download state and its substates only this service is answered, and no program. While
// the loader is erasing it answers identify, enter and clear, and everything else with busy;
// while it programs a block or verifies, it answers when that is done.
//
// # Timing
//
// Documented: the public client waits 10 s for each awaited frame, an ACK or the first frame
// of a reply, and pauses 200 ms before each frame that it sends; a meter must bear that. The
// article's tool waits 10 s and sends again ten times.
//
// Ours: the meter answers after 10 ms unless the operation itself takes longer. Programming
// a full block takes under 0.1 s, an erase about 1 s for each sector, verify a few seconds
// for a full image. After the replies to enter (from the application) and restart it is
// silent for 1 to 10 s and hears nothing that is sent to it meanwhile.
//
// One request at a time: on a shared pair nobody answers while the other end talks. A
// request that arrives before the answer to the one before has begun takes its place, and
// the earlier one is not answered. What it asked for may have been done, but for enter (from
// the application) and restart, which are carried out once they are answered. Frames may arrive
// byte by byte, with pauses: an incomplete frame is kept until good frames have come behind
// it (see Decoder.Gap).
//
// # Duties of a client
//
//   - Resend with the same message id and the same bytes. Every operation bears it:
//     identify, enter, verify and restart do the same again; a clear with the message id of
//     the clear that is running or done begins nothing anew; a block with the sequence
//     number and the address of the one accepted last is answered ok and not programmed a
//     second time.
//   - So a new clear needs a new message id, unless an enter comes first: the loader then
//     forgets the id of the clear before, so that a client that was started anew may count
//     from 1 again. Enter is sent before a clear in any case.
//   - Throw away replies with another message id, and block replies with another sequence
//     number. A reply that arrives after its request was sent again answers that request; it
//     is no answer to the next one.
//   - On bad sequence go on with the block expected, if it is one that was sent before or
//     the one after it; otherwise begin again at clear.
//   - On not cleared the meter has lost power since the clear: begin again at clear.
//   - A restart or an enter whose reply is missing may have been carried out: identify tells.
//     A restart that reaches the application is refused.
//   - Success is what identify says after the restart, nothing earlier.
//
// # Examples
//
// Identify, message 1, unit 105:
//
//	00 00 14 AC 00 17 20 4E 69 00 40 00 00 10 00 01 01 95 64 00 01 95 01 00 69 01 44 01 E8 9A
//
// Block 1, message 7, password 0, four bytes "ION!" for address 00020000, and its reply:
//
//	00 00 14 AC 00 31 20 4E 69 00 40 00 00 2A 00 07 05 95 64 00 01 95 01 00 69
//	00 00 00 00 00 00 00 00 01 44 04 00 00 00 01 00 02 00 00 00 04 9E 0D 70 83
//	49 4F 4E 21 FC 34
//
//	00 00 14 AC 80 20 69 00 20 4E 40 00 00 19 00 07 00 95 01 00 69 95 64 00 01
//	01 44 04 00 00 00 00 01 00 00 00 02 15 14
package ion
