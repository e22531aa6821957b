package serving

// Events explains what is printed while the meter runs, for help.
const Events = `
What it tells:
  Results are on stdout: the name of the PTY, or without one the TCP address. Everything
  else is on stderr, a line an event, with the seconds since the start. With --json all
  objects have "event" and, but for "lost-events", "at": seconds since the start.
    ready         the first: pty, link, tcp, rfc2217 (host:port as it really is), port (each null
                  where there is none), model, serial, unit, revision ("" where no firmware
                  runs), device, baud, pace, state, lcd, restored (true: went on from --state),
                  damage (in that file, made good from its second copy; null for none),
                  started (RFC 3339), format (its name and version; "ionbench schema
                  ionsim-events" prints the schema), phone (the meter's number; null without
                  --modem), http (host:port) and token of --http,
                  each null without it, modbus_tcp (host:port, or null), protocol (of the PTY:
                  ion or modbus)
    site          lines, total (meters): all of --site can be reached. Before it comes a "ready"
                  for each line, with line, and meters: name, model, serial, unit, revision,
                  modbus_tcp. All later events have line and meter
    not-served    error, exit (the status), format: the only one, where it cannot begin
    state         state: off, booting, application, download, erasing, receiving,
                  programming or verifying
    lcd           text: what the display shows now
    led           led ("L2"), on, count: toggles so far, one for each frame in or out.
                  Without power it is dark, which is no toggle
    event-log     text: what went into the meter's event log
    sector-erased     sector, left: how many are still to go
    block-programmed  block, blocks: of the image
    verified      status: ok, or why the image is not good
    flash-cut     operation, phase: the power failed there: before, torn or after
    call          step (dialled, answered, connected, ended, retraining or retrained), text (the
                  number, the rate, or why it ended): of a call over --modem
    fault         phase (strikes, ends, cannot-strike or unstruck), fault (as a plan), lasts (of
                  strikes: it is at work until it ends), reason (of the last two)
    connected     host: a TCP client. Of connected, refused and disconnected: port, if it is not
                  that of --tcp: modbus-tcp
    refused       host, reason, holder (the client that has the port), age, silent (seconds
                  since the holder connected, and since it last sent something)
    disconnected  host, reason, broke (false: the client has closed it)
    port-gone     host (the PTY, or host:port): a port-vanishes has taken it away; also its link
    port-back     host: it is there again. A PTY has another name then, under the same link
    no-room       host (host:port), reason: clients wait there until the computer has room for one
                  more: too many files are open, or memory is short
    not-reset     host ("" for nobody), reason: an ip-reset that could not be carried out
    lost-bytes    host, bytes: that the host did not take
    no-ion        bytes, likeness (what they look like: Modbus, telnet, text, noise …), hex (the
                  first of them): what a host sent that holds no ION frame
    host-baud     host, baud, fits (false: both ends hear garbage): the rate set on the PTY
    frame         direction (to-meter or from-meter), bytes, hex (with --trace-frames)
    frame-harmed  frame (its number over HTTP), direction, sent (when), bytes, fate (lost,
                  garbled or late), got (hexadecimal), text: it did not come through (with --http).
                  One that was lost for a second and comes all the same is told again, with what
                  became of it (late, garbled or came)
    stopped       the last one: bytes_to_meter, bytes_to_host, frames_to_meter,
                  frames_to_host, blocks_sent, resends, led_toggles; state and revision ("" for
                  none that runs) as they were before the power went off; by_hand: the plan that
                  does again what was done over HTTP ("" for nothing); not_repeated: what of it
                  that leaves out or does otherwise, and why
    lost-events   count: lines before it were dropped, for nobody was reading them
`

// ProxyEvents explains what is printed while a proxy runs, for help.
const ProxyEvents = `
What it tells:
  Results are on stdout: the name of the PTY, or the TCP address. Everything else is on stderr, a
  line an event, with the seconds since the start. With --json all objects have "event" and, but for
  "lost-events", "at": seconds since the start ("ionbench schema ionsim-proxy-events" prints the
  schema).
    ready         the first: pty, link, tcp, rfc2217, port (each null where there is none), to, baud,
                  plan, started (RFC 3339), format (its name and version), http and token of
                  --http (null without it)
    not-served    error, exit (the status), format: the only one, where it cannot begin
    far           port, state: of the meter's port: open, absent (it cannot be opened, and is tried
                  again), lost (the connection ended), lost bytes (bytes: it does not take them, or
                  is not there), not set (the rate); reason, where there is one
    fault, connected, refused, disconnected, port-gone, port-back, no-room, not-reset, lost-bytes,
    no-ion, frame, frame-harmed
                  as ionsim tells them
    host-baud     host, baud: the rate set on the PTY, which is passed on
    stopped       the last one: bytes_to_meter, bytes_to_host, frames_to_meter, frames_to_host,
                  blocks_sent, resends; by_hand: the plan that does again what was done over HTTP;
                  not_repeated: what of it that leaves out or does otherwise, and why
    lost-events   count: lines before it were dropped, for nobody was reading them
`
