// Package ion is the ION protocol of the 73xx meters as bytes: link frames, messages of
// several frames, packets, programs and values, and the service by which firmware is
// downloaded. Both ends use it, the virtual meter and the upgrader. It knows no time, no
// port and no state of a meter; whoever calls it has those.
//
// PROTOCOL.md beside this file is the specification: layouts, an example of every message,
// the states of a meter, timing, and the duties of a client, all that a program needs to
// upgrade the virtual meter. Each section there says where its facts come from, documented
// or ours; single guesses are marked "Assumption:" in the code here.
//
// From the line up:
//
//   - [Frame], [Decoder]: what is on the wire, and finding it there;
//   - [Outgoing], [Assembler]: messages of up to 32 frames, and their acknowledgements;
//   - [Packet], [Credential]: addresses, message ids and passwords;
//   - [Program], [Result], [Value]: reading and writing registers ([Handle], [SettingTable]);
//   - [DownloadRequest], [DownloadReply]: the download service, which is ours.
package ion
