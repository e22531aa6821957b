// Package control lets people and programs look at a served meter and strike faults by hand while
// it runs: JSON over HTTP, and server-sent events. What is there is openapi.json, which the
// server hands out itself (GET /v1/openapi.json).
//
// The station has one owner at a time (package serve). Every look and every act is a turn of its own, or a command
// that the owner runs between two turns, so a person's hand and a host's bytes never meet inside the meter. Events go the other way, into a ring of limited size: a watcher that is
// slow loses events, and is told so, and the meter loses no time.
//
// Events wait a tenth of a second at most for others before they are sent to all watchers at once, since
// a meter that is served as fast as it can be has tens of thousands in a second, and of toggles of its LED
// that nobody could see only the last is kept (BenchmarkAnUpgradeThatIsWatched of cmd/ionsim).
//
// A server answers for any number of meters, which come and go (/v1/meters/ID), each on a line
// (/v1/lines/ID); while there is one alone, /v1/meter and its like are that one. A fault belongs to a
// line or to a meter. Of the meters of one line it strikes one, which is in /v1/meters; its neighbours have
// no faults, events and panel of their own, so they are seen as stations of /v1/lines/ID alone: their names,
// units, states and revisions. The blocks and requests that a fault waits for are those of the line, whichever of
// its meters they are for.
//
// Whoever can reach the port still needs the token, in the header Authorization. The Host of a
// request must be an address at which the server listens, which keeps out names that a hostile
// page makes lead here (DNS rebinding). A request that a browser makes for another page is refused
// by its Origin. Bodies, headers, connections and watchers are bounded, and who does not go on is hung up on.
// Where all seats are taken, the stranger who came first leaves, so that who has the token is let in.
//
// Nothing here decides what a fault does: that is package bench. What was struck by hand becomes
// a plan that repeats it ([Served.Repeat]).
package control
